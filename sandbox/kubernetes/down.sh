#!/usr/bin/env bash
# down.sh [--data] : stops the node that up.sh started, with its pods, and takes away every process, mount, interface and packet filter rule.
# With --data also what it stored: objects, volumes, images. Without it the next up.sh finds everything again.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"
source "$here/../shell/debian.sh"
source "$here/../shell/lock.sh"
source "$here/../shell/process.sh"
source "$here/settings.sh"

[[ -z ${1-} || $1 == --data ]] || fail "usage: down.sh [--data]"
[[ -d $dir ]] || exit 0
need_root "stopping the node"
lock_folder "$dir" "the node"
cd "$dir"

# Everything but containerd: first those that would start pods again.
for program in kubelet local-path-provisioner coredns kube-proxy kube-scheduler kube-controller-manager kube-apiserver etcd; do
  stop_process "$program.pid" "$program" 10
done
announce "control plane stopped"

tasks() { "${ctr[@]}" tasks list --quiet 2> /dev/null; }
no_container_runs() { [[ $("${ctr[@]}" tasks list 2> /dev/null) != *RUNNING* ]]; }
if process_runs containerd.pid containerd; then
  # As a machine that goes down does: ask, give ten seconds, then kill.
  for signal in TERM KILL; do
    tasks | while read -r task; do "${ctr[@]}" tasks kill --signal $signal "$task" 2> /dev/null || true; done
    if wait_until 10 "containers ended by SIG$signal" no_container_runs; then break; fi
  done
  tasks | while read -r task; do "${ctr[@]}" tasks delete "$task" > /dev/null 2>&1 || true; done
  stop_process containerd.pid containerd 10
fi
# What a containerd that was killed leaves behind: one process a pod, known by the socket it reports to, and its containers below it.
for process in /proc/[0-9]*; do
  if [[ $(tr '\0' ' ' 2> /dev/null < "$process/cmdline") == *containerd-shim*" $containerd_socket "* ]]; then
    shim=${process#/proc/}
    read -r -a containers < "$process/task/$shim/children" || true
    kill -KILL "${containers[@]}" "$shim" 2> /dev/null || true
  fi
done 2> /dev/null # a process that ends while we look

# Deepest first. Volumes of pods, root file systems, and the pods' network namespaces.
awk -v state="$containerd_state/" -v node="$dir/" 'index($2, state) == 1 || index($2, node) == 1 { print $2 }' /proc/mounts | sort -r |
  while read -r mounted; do
    umount "$mounted" 2> /dev/null || umount --lazy "$mounted" || announce "could not unmount $mounted"
  done
# The plugins' notes of what they did, by pod, in a folder that is not ours alone.
for sandbox in "$containerd_state"/io.containerd.grpc.v1.cri/sandboxes/*; do
  rm -f /var/lib/cni/results/*-"${sandbox##*/}"-*
done
rm -rf --one-file-system "$containerd_state" "$containerd_socket" "$containerd_socket.ttrpc" cni-addresses
# Control groups of pods; only empty ones can be removed.
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} \; 2> /dev/null || true

ip link delete "$bridge" 2> /dev/null || true
iptables --delete FORWARD "${between_pods[@]}" 2> /dev/null || true
for family in iptables ip6tables; do
  rules=$("$family-save" 2> /dev/null) || continue
  if grep -qE 'KUBE-|CNI-' <<< "$rules"; then grep -vE 'KUBE-|CNI-' <<< "$rules" | "$family-restore"; fi
done
if [[ -f ip_forward.before ]]; then
  sysctl -qw "net.ipv4.ip_forward=$(cat ip_forward.before)"
  rm ip_forward.before
fi

cd /
if [[ ${1-} == --data ]]; then rm -rf --one-file-system "$dir"; fi
announce "no node left"
