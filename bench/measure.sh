#!/usr/bin/env bash
# measure.sh FILE COMMAND [ARGUMENT]... : runs the command, and writes to FILE the seconds it took and the seconds of processor time that it and
# the processes it has waited for have used, in user mode and in the kernel: "REAL USER SYSTEM". Ends as the command does.
set -euo pipefail

file=$1
shift
TIMEFORMAT='%3R %3U %3S'
status=0
{ time "$@" 2>&3 3>&- || status=$?; } 3>&2 2> "$file"
exit "$status"
