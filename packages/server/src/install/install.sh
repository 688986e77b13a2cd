#!/bin/sh
# Installs the Octopus client on this PC, or brings a newer one: made by @SERVER@ for who asked there.
#
#   OCTOPUS_TOKEN=octo1... sh install.sh          or let it ask for the token
#
#   --token-file FILE   the enrolment token is in this file
#   --scope user        for this account (also for root); --scope machine: for everybody (root only, its standard)
#   --run-as ACCOUNT    root only: the account that tasks run as (octopus-client, which is made)
#   --folder FOLDER     instead of /opt/octopus-client or ~/.local/share/octopus-client
#   --server URL        the server's address as this PC must use it
#
# Needs sh, curl or wget, tar with gzip, and sha256sum or shasum. Nothing is started before its checksum is right.
set -u
umask 077

SERVER='@SERVER@'
VERSION='@VERSION@'
# system, file, SHA-256
ARCHIVES='
@ARCHIVES@
'

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# The name of this system among the archives.
system() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=macos ;;
    *) fail "There is no Octopus client for $(uname -s). On Windows use install.ps1." ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) fail "There is no Octopus client for processors of the kind $(uname -m)." ;;
  esac
  # A shell that runs translated says x86_64 on a Mac that is not.
  if [ "$os" = macos ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then cpu=arm64; fi
  printf '%s-%s' "$os" "$cpu"
}

fetch() {
  if has curl; then
    curl --fail --silent --show-error --location --retry 5 --output "$2" "$1"
  elif has wget; then
    wget --quiet --tries=5 --output-document="$2" "$1"
  else
    fail 'Neither curl nor wget is here. Install one of them.'
  fi
}

checksum() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail 'Neither sha256sum nor shasum is here: the download cannot be checked.'
  fi
}

# The mode of a folder and its owner's number.
facts() { ls -ldn "$1" | { read -r mode _ owner _ && printf '%s %s' "$mode" "$owner"; }; }

# Whoever owns a folder, or may write in it, can exchange what lies there: what we run must be in none of others.
own() {
  found=$(facts "$1") || fail "$1 cannot be looked at."
  [ "${found#* }" = "$(id -u)" ] || fail "$1 belongs to somebody else. Remove it, or name another folder: --folder FOLDER."
  case $found in
    ?????w* | ????????w*) fail "$1 can be written by others. Look whether what is in it is yours, then: chmod go-w $1" ;;
  esac
}

# The same for all folders above one in which root installs; there others may write where each can only take away their
# own, as in /tmp.
own_above() {
  above=$(CDPATH='' cd -P -- "$1" && pwd -P) || fail "$1 cannot be entered."
  while :; do
    found=$(facts "$above") || fail "$above cannot be looked at."
    [ "${found#* }" = 0 ] || fail "$above belongs to somebody else, who could exchange what root runs. Name another folder: --folder FOLDER."
    case $found in
      ?????????[tT]*) ;;
      ?????w* | ????????w*) fail "$above can be written by others, who could exchange what root runs. Name another folder: --folder FOLDER." ;;
    esac
    [ "$above" != / ] || break
    above=$(dirname "$above")
  done
}

own_folder() {
  if [ -L "$1" ]; then fail "$1 is a link. Remove it, or name another folder: --folder FOLDER."; fi
  if [ "$(id -u)" = 0 ]; then
    there=$(dirname "$1")
    until [ -d "$there" ]; do there=$(dirname "$there"); done
    own_above "$there"
  fi
  if [ ! -d "$1" ]; then
    (umask 022 && mkdir -p "$1") || fail "$1 cannot be made."
  fi
  own "$1"
  if [ -e "$1/app" ]; then own "$1/app"; fi
  if [ -e "$1/app.old" ]; then own "$1/app.old"; fi
  chmod 755 "$1"
}

# Whatever ends this script while the program is exchanged: the one that was here is put back, and runs.
put_back() {
  rm -rf "$new"
  if [ ! -e "$folder/app" ] && [ -e "$folder/app.old" ]; then
    if ! mv "$folder/app.old" "$folder/app"; then
      printf 'install.sh: The client that was here is in %s/app.old and does not run. Mend what stands above and run the line again.\n' "$folder" >&2
      return
    fi
  fi
  if [ -n "$stopped" ]; then
    start_client >/dev/null 2>&1 || printf 'install.sh: %s/app/octopus-client does not start.\n' "$folder" >&2
    printf 'install.sh: The client that was here is in its place again.\n' >&2
  fi
  rmdir "$folder" 2>/dev/null
}

start_client() {
  set -- install-service --scope "$scope" --folder "$folder" --server "$server"
  [ -z "$run_as" ] || set -- "$@" --run-as "$run_as"
  OCTOPUS_TOKEN=$token "$folder/app/octopus-client" "$@"
}

ask_for_token() {
  if [ ! -r /dev/tty ] || ! (: </dev/tty) 2>/dev/null; then
    fail 'No token was given. Make one on the dashboard (Clients, Connect a client) and run the line that it shows.'
  fi
  printf 'Enrolment token (from the dashboard, Clients, Connect a client): ' >/dev/tty
  stty -echo </dev/tty 2>/dev/null
  IFS= read -r OCTOPUS_TOKEN </dev/tty
  stty echo </dev/tty 2>/dev/null
  printf '\n' >/dev/tty
}

main() {
  scope=${OCTOPUS_INSTALL_SCOPE:-}
  folder=${OCTOPUS_INSTALL_FOLDER:-}
  token_file=
  run_as=
  server=$SERVER
  while [ $# -gt 0 ]; do
    case $1 in
      --help)
        printf 'OCTOPUS_TOKEN=... sh install.sh [--token-file FILE] [--scope user|machine] [--run-as ACCOUNT] [--folder FOLDER] [--server URL]\n'
        exit 0
        ;;
      --token-file | --scope | --run-as | --folder | --server)
        [ $# -ge 2 ] || fail "$1 needs a value."
        case $1 in
          --token-file) token_file=$2 ;;
          --scope) scope=$2 ;;
          --run-as) run_as=$2 ;;
          --folder) folder=$2 ;;
          --server) server=${2%/} ;;
        esac
        shift 2
        ;;
      *) fail "There is no option $1. See --help." ;;
    esac
  done
  [ -n "$scope" ] || if [ "$(id -u)" = 0 ]; then scope=machine; else scope=user; fi
  case $scope in
    machine) [ "$(id -u)" = 0 ] || fail 'A client of the whole machine is installed by root.' ;;
    user) [ -n "${HOME:-}" ] || fail 'HOME is not set.' ;;
    *) fail "--scope is \"$scope\". It can be machine or user." ;;
  esac
  if [ -z "$folder" ]; then
    if [ "$scope" = machine ]; then folder=/opt/octopus-client; else folder=$HOME/.local/share/octopus-client; fi
  fi
  case $folder in /*) ;; *) fail "--folder must begin with /." ;; esac

  target=$(system) || exit 1
  line=$(printf '%s' "$ARCHIVES" | grep "^$target ") || fail "This server has no client for $target. Its administrator builds it: npm run build:client -- --target $target"
  file=$(printf '%s' "$line" | cut -d ' ' -f 2)
  wanted=$(printf '%s' "$line" | cut -d ' ' -f 3)

  token=
  if [ -n "$token_file" ]; then
    [ -r "$token_file" ] || fail "There is no file $token_file that can be read."
    token=$(cat "$token_file")
  elif [ ! -e "$folder/state/identity.json" ]; then
    [ -n "${OCTOPUS_TOKEN:-}" ] || ask_for_token
    token=$OCTOPUS_TOKEN
  fi
  # From here on only the enrolment sees it, and no list of processes.
  unset OCTOPUS_TOKEN

  printf 'Octopus client %s for %s, into %s\n' "$VERSION" "$target" "$folder"
  own_folder "$folder"
  if [ "$(id -u)" = 0 ]; then folder=$(CDPATH='' cd -P -- "$folder" && pwd -P); fi
  new=$folder/app.new
  stopped=
  # What was cut off between two moves left the program there.
  if [ ! -e "$folder/app" ] && [ -e "$folder/app.old" ]; then mv "$folder/app.old" "$folder/app" || exit 1; fi
  rm -rf "$new" "$folder/app.old"
  mkdir "$new" || fail "$new cannot be made."
  trap put_back EXIT
  trap 'exit 1' INT TERM HUP
  fetch "$server/install/$file" "$new/archive" || fail "$server/install/$file could not be fetched."
  found=$(checksum "$new/archive") || exit 1
  [ "$found" = "$wanted" ] || fail "The download is damaged or was changed on the way: its checksum is $found, not $wanted."
  # Readable for the account that it will run as, writable for nobody else.
  (umask 022 && tar -xzof "$new/archive" -C "$new") || fail 'The archive could not be unpacked. Is the disk full?'
  rm -f "$new/archive"
  chmod 755 "$new"
  "$new/octopus-client" --version >/dev/null || fail "The client does not start on this system (see above). Nothing was changed. It needs glibc 2.28 or newer, and a folder from which programs may be started."

  if [ -e "$folder/installed.json" ] && [ -x "$folder/app/octopus-client" ]; then
    printf 'Stopping the client that runs here.\n'
    "$folder/app/octopus-client" stop-service --folder "$folder" || fail 'It could not be stopped. Nothing was changed.'
    stopped=yes
  fi
  if [ -e "$folder/app" ]; then
    mv "$folder/app" "$folder/app.old" || fail "$folder/app could not be put aside."
  fi
  mv "$new" "$folder/app" || fail "$new could not be put into its place."
  trap - EXIT

  if ! start_client; then
    if [ -e "$folder/app.old" ]; then
      rm -rf "$folder/app"
      mv "$folder/app.old" "$folder/app" || fail "The new client could not be started. The old one is in $folder/app.old."
      start_client >/dev/null 2>&1
      fail 'The new client could not be started: the old one is back.'
    fi
    if [ ! -e "$folder/installed.json" ]; then
      rm -rf "$folder/app"
      rmdir "$folder/state" 2>/dev/null
      rmdir "$folder" 2>/dev/null
    fi
    exit 1
  fi
  rm -rf "$folder/app.old"
}

# The last line: a download that broke off has done nothing.
main "$@"
