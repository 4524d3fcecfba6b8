#!/usr/bin/env bash
# gluster.sh DIR I... : runs Debian's GlusterFS server on the machines of the engines I that up.sh has started in DIR, each with state, logs and a
# brick of its own in DIR/I/gluster. It ends with its machine (down.sh); the next gluster.sh finds its state again. Needs root. The service of
# this machine itself is not started.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../../sandbox/shell/announce.sh"
source "$here/../../../sandbox/shell/debian.sh"
source "$here/../../../sandbox/shell/process.sh"

usage="usage: gluster.sh DIR I..."
dir=$(realpath -m "${1:?$usage}")
shift
(($# > 0)) || fail "$usage"
for i in "$@"; do [[ $i =~ ^[1-9]$ ]] || fail "$usage"; done
need_root "a GlusterFS server in the network of an engine"
need_programs glusterd=glusterfs-server gluster=glusterfs-cli mount.glusterfs=glusterfs-client nsenter=util-linux

for i in "$@"; do
  own=$dir/$i/gluster
  process_runs "$dir/$i/docker.pid" dockerd || fail "engine $i does not run: up.sh $dir --only $i"
  if process_runs "$own/pid" gluster; then
    announce "the GlusterFS server of node$i is running already"
    continue
  fi
  mkdir -p "$own"/{state,log,brick}
  # What a machine has in /run is gone after a power cut.
  rm -rf "$own/run"
  mkdir -p "$own/run/gluster"
  nsenter --net="$dir/$i/network" unshare --mount --uts --propagation private bash -euc "
    hostname node$i
    mount --bind '$own/run' /run
    mount --bind '$own/state' /var/lib/glusterd
    mount --bind '$own/log' /var/log/glusterfs
    echo \$\$ > '$own/pid'
    exec glusterd --no-daemon" >> "$own/out" 2>&1 < /dev/null &
  disown
done

answers() {
  nsenter --target "$(cat "$dir/$1/gluster/pid")" --net --mount --uts gluster peer status
}
for i in "$@"; do
  wait_until 60 "the GlusterFS server of node$i answers" answers "$i" ||
    fail "the GlusterFS server of node$i does not answer; the end of its log: $(tail -n 5 "$dir/$i/gluster/log/glusterd.log")"
done
