#!/bin/bash
# The volume of a server, and what stands on it. Sourced.

volume="${DATA_VOLUME:-/var/lib/mysql}"

# Prints the names of what is there, a line each, but for those that begin with a dot. Fails when the volume cannot be read: then it is not
# known to be empty.
volume_entries() { ls "$volume"; }

# What of a member's data stands on the volume: empty (nothing, or what an interrupted start left), data (a complete directory), stale (one that the
# member asked to have replaced), foreign (files that no script of this program made), or unknown.
volume_state() {
  local entries entry foreign=""
  if ! entries=$(volume_entries); then
    echo unknown
    return
  fi
  while read -r entry; do
    case "$entry" in
      data) ;;
      "" | init.tmp | clone.tmp | recipient.new | recipient.tmp | stale | lost+found) ;;
      *) foreign="$entry" ;;
    esac
  done <<<"$entries"
  if [ -d "$volume/data" ]; then
    if [ -e "$volume/stale" ]; then echo stale; else echo data; fi
  elif [ -n "$foreign" ] || [[ $'\n'"$entries"$'\n' == *$'\n'data$'\n'* ]]; then
    echo foreign
  else
    echo empty
  fi
}

# Takes over a clone that was complete when the last start was interrupted.
adopt_clone() {
  if [ -d "$volume/clone.done" ]; then
    rm -rf "$volume/data"
    mv "$volume/clone.done" "$volume/data"
    rm -f "$volume/stale"
    sync
    say "the clone is the data directory now"
  fi
}

# Whether a directory holds a database: a program that ended well and made none is not believed.
holds_database() { [ -f "$1/mysql.ibd" ]; }

# Says what is wrong, and fails, where this user may not make a data directory on the volume.
volume_writable() {
  if [ -r "$volume" ] && [ -w "$volume" ] && [ -x "$volume" ]; then return 0; fi
  local found user
  user=$(id -u)
  found=$(stat -c 'belongs to user %u, group %g, mode %a' "$volume" 2>/dev/null) || found="cannot be looked at"
  say "FAILED: user $user may not write to $volume, which $found. Nothing was changed."
  say "Give it to that user where the volume stands: chown $user:$(id -g). On Kubernetes, a class that ignores fsGroup needs mysql.storage.volumePermissions: true"
  return 1
}

# What df says of the volume, by its options; bounded, for a file system whose server is away answers nobody.
volume_room() { timeout --kill-after=1 5 df -P "$@" "$volume"; }

free_space() { volume_room -h | awk 'NR == 2 {print $4}' || echo unknown; }
