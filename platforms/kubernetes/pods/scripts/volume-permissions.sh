#!/bin/sh
# volume-permissions.sh DIRECTORY USER: gives an empty volume to the user of an app. Runs as root, where the class of the volume ignores fsGroup.
#
# It changes the owner of the volume's top directory, and nothing else: what is in a volume is somebody's, and a volume with something in it that is not
# this user's yet may be another folder than was meant.
set -u
directory=$1
user=$2
say() { echo "volume-permissions: $*"; }

if ! owner=$(stat -c %u "$directory") || ! entries=$(ls -A "$directory"); then
  # A volume of this user's need not be readable for anybody else.
  if [ "${owner:-}" = "$user" ]; then
    say "$directory belongs to user $user, nothing to do"
    exit 0
  fi
  say "FAILED: $directory cannot be read; the message above says why. Nothing was changed."
  exit 1
fi
if [ "$owner" = "$user" ]; then
  say "$directory belongs to user $user, nothing to do"
  exit 0
fi
first=$(printf '%s\n' "$entries" | grep -vxF lost+found | head -n 1)
if [ -n "$first" ]; then
  say "REFUSED: $directory holds $first and belongs to user $owner, not $user. Nothing was changed."
  say "If it is this app's own, give it to it where the volume stands: chown -R $user:$user. If not, name another volume."
  exit 1
fi
if ! chown -h "$user:$user" "$directory"; then
  say "FAILED: $directory belongs to user $owner, and root may not give it to user $user here. Nothing was changed."
  say "Does the server take root for nobody (root_squash)? Then there: chown $user:$user, and storage.volumePermissions: false"
  exit 1
fi
say "$directory is empty and belongs to user $user now; it belonged to user $owner"
