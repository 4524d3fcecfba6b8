#!/usr/bin/env bash
# down.sh DIR [--data] : stops every engine that up.sh started in DIR, with its containers, and removes their network. With --data also what
# they stored: images, volumes, the swarm. Without it the next up.sh finds everything again.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/debian.sh"
source "$here/../shell/process.sh"

usage="usage: down.sh DIR [--data]"
dir=$(realpath -m "${1:?$usage}")
[[ -z ${2-} || $2 == --data ]] || fail "$usage"
[[ -d $dir ]] || exit 0
need_root "stopping the engines"
exec 8> "$dir/lock"
flock --timeout 120 8 || fail "another up or down of the engines in $dir has been running for two minutes"

# kill_leftovers MOUNT_NAMESPACE: what an engine that was killed leaves behind (its containerd and the shims of its containers) is known
# by the mount namespace it lives in.
kill_leftovers() {
  local process
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/ns/mnt" 2> /dev/null) == "$1" ]] || continue
    kill -KILL "${process#/proc/}" 2> /dev/null || true
  done
}

for own in "$dir"/[1-9]; do
  [[ -d $own ]] || continue
  i=${own##*/}
  announce "stopping engine node$i"
  if process_runs "$own/docker.pid" dockerd; then
    readlink "/proc/$(cat "$own/docker.pid")/ns/mnt" > "$own/mount-namespace"
  fi
  # dockerd gives each container its own 10 s and then kills it.
  stop_process "$own/docker.pid" dockerd 30
  kill_cgroup "gp-engine$i"
  if [[ -s $own/mount-namespace ]]; then kill_leftovers "$(cat "$own/mount-namespace")"; fi
  rm -f "$own/mount-namespace" "$own/docker.sock"
  if mountpoint --quiet "$own/network"; then umount "$own/network"; fi
  ip link delete "gp-engine$i" 2> /dev/null || true
  if [[ ${2-} == --data ]]; then rm -rf "$own"; fi
done
stop_process "$dir/no-names.pid" node 5
ip link delete gp-engines 2> /dev/null || true
if [[ ${2-} == --data ]]; then rm -rf "$dir"; fi
announce "no engine left"
