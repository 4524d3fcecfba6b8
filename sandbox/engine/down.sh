#!/usr/bin/env bash
# down.sh DIR [--data] [I]... : stops the engines I (all, when none is named) that up.sh started in DIR, with their containers; after the
# last one also their network. With --data also what they stored: images, volumes, the swarm. Without it the next up.sh finds everything
# again.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/debian.sh"
source "$here/../shell/lock.sh"
source "$here/../shell/process.sh"
source "$here/network.sh"

usage="usage: down.sh DIR [--data] [I]..."
dir=$(realpath -m "${1:?$usage}")
shift
data=no
if [[ ${1-} == --data ]]; then
  data=yes
  shift
fi
for i in "$@"; do [[ $i =~ ^[1-9]$ ]] || fail "$usage"; done
[[ -d $dir ]] || exit 0
need_root "stopping the engines"
lock_folder "$dir" "the engines in $dir"

# kill_leftovers NETWORK: what an engine that was killed leaves behind (its containerd and the shims of its containers) is known by the
# network namespace it lives in. The file NETWORK keeps that namespace, so its number cannot have passed to somebody else meanwhile.
kill_leftovers() {
  local namespace process
  namespace=net:[$(stat --dereference --format %i "$1")]
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/ns/net" 2> /dev/null) == "$namespace" ]] || continue
    kill -KILL "${process#/proc/}" 2> /dev/null || true
  done
}

# stop_engine I
stop_engine() {
  local i=$1 own=$dir/$1
  announce "stopping engine node$i"
  # dockerd gives each container its own 10 s and then kills it.
  stop_process "$own/docker.pid" dockerd 30
  kill_cgroup "gp-engine$i"
  if mountpoint --quiet "$own/network"; then
    kill_leftovers "$own/network"
    umount "$own/network"
  fi
  rm -f "$own/network" "$own/docker.sock"
  ip link delete "gp-engine$i" 2> /dev/null || true
  if [[ $data == yes ]]; then rm -rf --one-file-system "$own"; fi
}

engines=("$@")
if ((${#engines[@]} == 0)); then
  for own in "$dir"/[1-9]; do
    if [[ -d $own ]]; then engines+=("${own##*/}"); fi
  done
fi
for i in "${engines[@]}"; do
  if [[ -d $dir/$i ]]; then stop_engine "$i"; fi
done

for network in "$dir"/[1-9]/network; do
  if [[ -e $network ]]; then
    announce "other engines go on"
    exit
  fi
done
stop_process "$dir/no-names.pid" node 5
ip link delete "$bridge" 2> /dev/null || true
iptables --delete FORWARD "${between_engines[@]}" 2> /dev/null || true
if [[ $data == yes && $# == 0 ]]; then rm -rf --one-file-system "$dir"; fi
announce "no engine left"
