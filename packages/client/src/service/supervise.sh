#!/bin/sh
# Keeps the Octopus client running where the system does not do it: sh supervise.sh LOG PROGRAM ARGUMENTS...
# A client that ends in good order (0) or was revoked (3) is not started again; any other end is, after a while.
log=$1
shift
umask 077
cd / || exit 1
child=
ending=
trap 'ending=yes; if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null; fi' TERM INT
trap '' HUP
wait_s=2
while [ -z "$ending" ]; do
  began=$(date +%s)
  # What it complains of stays until the next start; the rest is in its own log.
  "$@" </dev/null >/dev/null 2>"$log" &
  child=$!
  wait "$child"
  code=$?
  # A signal to us ends the wait, not the client: wait for what it does with it.
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  case $code in 0 | 3) exit 0 ;; esac
  if [ -n "$ending" ]; then exit 0; fi
  # One that worked for a while may start at once; one that cannot start at all is tried every minute.
  if [ $(($(date +%s) - began)) -ge 60 ]; then wait_s=2; fi
  sleep "$wait_s" &
  child=$!
  wait "$child"
  wait_s=$((wait_s * 2))
  if [ "$wait_s" -gt 60 ]; then wait_s=60; fi
done
