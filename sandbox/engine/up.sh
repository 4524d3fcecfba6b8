#!/usr/bin/env bash
# up.sh DIR [COUNT | --only I] : starts COUNT (1) real Docker Engines on this machine, or engine I alone, each in namespaces of its own, as if
# they were machines on one network. Engines that run already are left alone. Needs root.
#
#   engine i     name node<i>, address 10.99.0.<i>, socket DIR/<i>/docker.sock, log DIR/<i>/log, data DIR/<i>/data
#   this host    address 10.99.0.254 on the same network: ports published in host mode answer on http://10.99.0.<i>:PORT
#
# Nothing leaves the machine: the engines know no way out, and say so at once to who tries. DIR must be short: a socket's path has at most
# 107 characters.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/debian.sh"
source "$here/../shell/lock.sh"
source "$here/../shell/process.sh"
source "$here/network.sh"

usage="usage: up.sh DIR [COUNT | --only I]"
dir=$(realpath -m "${1:?$usage}")
if [[ ${2-} == --only ]]; then
  [[ ${3-} =~ ^[1-9]$ ]] || fail "$usage"
  engines=("$3")
else
  count=${2:-1}
  [[ $count =~ ^[1-9]$ ]] || fail "COUNT is a number of engines from 1 to 9, not '$count'"
  mapfile -t engines < <(seq "$count")
fi
need_root "a Docker Engine with a network of its own"
command -v node > /dev/null || fail "the engines' name server needs Node: install Node 20.19 or newer"
need_programs dockerd=docker.io docker=docker.io iptables=iptables ip=iproute2 nsenter=util-linux flock=util-linux

lock_folder "$dir" "the engines in $dir"

# The network: a bridge on this host, a cable to each engine. A name of the bridge is at most 15 characters long.
if ! ip link show "$bridge" > /dev/null 2>&1; then
  announce "network $bridge: 10.99.0.0/24"
  # With a MAC address of its own. Otherwise it has the lowest of its cables', and another one when that engine stops: until the other engines
  # notice, which takes up to half a minute, their answers to this host are lost.
  ip link add "$bridge" address 02:00:0a:63:00:fe type bridge
  ip addr add 10.99.0.254/24 dev "$bridge"
  ip link set "$bridge" up
fi
# Where bridged packets pass iptables (a Kubernetes node wants that) and an engine of the host has left FORWARD at DROP, no engine reached
# another: `swarm join` timed out.
iptables --check FORWARD "${between_engines[@]}" 2> /dev/null || iptables --insert FORWARD "${between_engines[@]}"

# Names outside must fail at once: with a name server that does not answer, each `docker service create` waits 20 s for a registry's name,
# and each page of Ghost 5 s for an image.
if ! process_runs "$dir/no-names.pid" node; then
  nohup node "$here/no-names.mjs" 10.99.0.254 > "$dir/no-names.log" 2>&1 < /dev/null 8>&- &
  echo $! > "$dir/no-names.pid"
fi
echo "nameserver 10.99.0.254" > "$dir/resolv.conf"

# start_engine I
start_engine() {
  local i=$1 own=$dir/$1
  mkdir -p "$own"/{run,data}
  rm -f "$own/docker.pid" # dockerd refuses to start when the pid in it belongs to any process

  # The namespace is kept by a file of ours. Not by `ip netns add`: that one mounts over /run/netns, and pods of a running containerd,
  # whose namespaces are mounted there, could never be ended again.
  if ! mountpoint --quiet "$own/network"; then
    touch "$own/network"
    unshare --net="$own/network" true
    ip link delete "gp-engine$i" 2> /dev/null || true # of an engine whose namespace was lost
    ip link add "gp-engine$i" type veth peer name eth0 netns "$own/network"
    ip link set "gp-engine$i" master "$bridge" up
    # The new end has another MAC address than the one before, to which this host would go on sending for half a minute.
    ip neigh flush to "10.99.0.$i" dev "$bridge"
    nsenter --net="$own/network" bash -euc "
      ip link set lo up
      ip addr add 10.99.0.$i/24 dev eth0
      ip link set eth0 up
      ip route add unreachable default"
  fi

  # A mount namespace and a host name of its own; the cgroup hierarchies and /sys stay the host's (`ip netns exec` would hide them). `8>&-`
  # keeps the lock from living as long as the engine. A registry that runs on this host is trusted without a certificate. Inside, mounts are
  # shared, as systemd has them: containers that look at the machine's file systems ask for that.
  announce "starting engine node$i"
  nsenter --net="$own/network" unshare --mount --uts --propagation private bash -euc "
    hostname node$i
    mount --make-rshared /
    mount --bind '$dir/resolv.conf' /etc/resolv.conf
    exec dockerd --data-root '$own/data' --exec-root '$own/run' --pidfile '$own/docker.pid' --host 'unix://$own/docker.sock' \
      --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent '/gp-engine$i' --insecure-registry '10.99.0.254/32'" >> "$own/log" 2>&1 < /dev/null 8>&- &
  disown
}

answers() {
  docker --host "unix://$dir/$1/docker.sock" info --format '{{.ServerVersion}}'
}

for i in "${engines[@]}"; do
  if process_runs "$dir/$i/docker.pid" dockerd; then
    announce "engine node$i is running already"
  else
    start_engine "$i"
  fi
done
for i in "${engines[@]}"; do
  wait_until 60 "engine node$i answers" answers "$i" || fail "engine node$i does not answer; the end of $dir/$i/log: $(tail -n 5 "$dir/$i/log")"
done

for i in "${engines[@]}"; do
  echo "unix://$dir/$i/docker.sock"
done
