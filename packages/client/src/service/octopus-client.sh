#!/bin/sh
# Starts the Octopus client with the Node that lies beside it. All of it is readable: client.mjs is the program.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
# Settings for other programs of this account shall not change how this one runs.
unset NODE_OPTIONS NODE_PATH
# It is there all day: six megabytes less are worth more than speed that it never needs.
exec "$here/bin/node" --optimize-for-size --max-semi-space-size=2 "$here/client.mjs" "$@"
