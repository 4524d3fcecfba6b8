#!/bin/sh
# Tries, in a container on each of several machines, whether its directory /shared is the same storage on all of them, and whether this
# user may write there.
#
#   write TRY NODE      prints the mounts, and leaves a file of this try and node
#   see TRY NODE...     prints those of the nodes whose files are here
#   clear TRY NODE...   removes them
set -eu

action=$1 try=$2
shift 2
place=/shared/.ghost-platform-try
case $action in
  write)
    cat /proc/self/mountinfo
    for old in "$place"-*; do
      case $old in
        "$place-$try-"*) ;;
        *) rm -f "$old" ;; # of a try that was killed
      esac
    done
    : > "$place-$try-$1"
    ;;
  see)
    # By their names: a list of the directory may come from a cache of this machine.
    for node in "$@"; do
      if [ -e "$place-$try-$node" ]; then echo "$node"; fi
    done
    ;;
  clear)
    for node in "$@"; do rm -f "$place-$try-$node"; done
    ;;
esac
