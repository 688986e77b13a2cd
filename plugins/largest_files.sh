#!/bin/sh
# Lists the largest files of a folder: a sample in shell.
#
# octopus: actions=run,validate
# octopus: param path=/var/log — the folder to look in
# octopus: param count=5 — how many files to list

path=$OCTOPUS_PARAM_path
count=$OCTOPUS_PARAM_count

if [ ! -d "$path" ]; then
  echo "$path is no folder" >&2
  exit 1
fi

if [ "$OCTOPUS_ACTION" = validate ]; then
  echo '"Validation passed"'
  exit 0
fi

echo "0.1 looking through $path" >> "$OCTOPUS_PROGRESS_FILE"
# Size in KiB and name, the largest first. What may not be read is said on standard error, and left out.
find "$path" -type f -exec du -k {} + | sort -rn | head -n "$count" > largest
cat largest

# The last line is the result. Quotes and backslashes in names have to be written as JSON wants them.
sed -e 's/[\\"]/\\&/g' -e 's/^\([0-9]*\)[[:space:]]*\(.*\)$/{"kib":\1,"path":"\2"}/' largest |
  paste -sd, - | sed -e 's/^/[/' -e 's/$/]/'
