#!/usr/bin/env bash
# Builds the programs of a real Kubernetes node from their Go modules into the cache, and prints the folder they are in as its last line.
# 5 to 8 minutes on two cores the first time, half a minute with a warm Go build cache, nothing when the recipe has not changed.
#
# Kubernetes 1.34 is the last release line whose kubelet accepts the containerd 1.6 of Debian 12 and a cgroup v1 host.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"

cd "$here"
bin=$cache_folder/kubernetes/bin-$(recipe_hash build.sh go.mod go.sum addons/go.mod addons/go.sum addons/coredns/main.go)
if [[ -d $bin ]]; then
  echo "$bin"
  exit
fi

command -v go > /dev/null || fail "building a Kubernetes node needs Go 1.24 or newer on PATH (https://go.dev/dl): a newer release that a module asks for is fetched by itself"
lock_cache kubernetes
if [[ -d $bin ]]; then # somebody else built it while we waited
  echo "$bin"
  exit
fi

# Everything happens beside the final place and is renamed at the end: an interrupted build leaves nothing that looks complete.
mkdir -p "$cache_folder/kubernetes"
rm -rf "$cache_folder/kubernetes"/bin.tmp.*
work=$(mktemp --directory "$cache_folder/kubernetes/bin.tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT

version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
announce "Kubernetes $version: kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy, kubectl and etcd (minutes, when nothing is cached)"
minor=${version#v1.}
# The version is stamped into the binaries at link time, as upstream's own build does; without it the API server calls itself v0.0.0.
component_base=k8s.io/component-base/version
go build -trimpath -o "$work/" \
  -ldflags "-s -w -X $component_base.gitVersion=$version -X $component_base.gitMajor=1 -X $component_base.gitMinor=${minor%%.*}" tool
mv "$work/server" "$work/etcd" # etcd's main package is called server

# In one module, so that both are built of the same Kubernetes client: it is half of each.
announce "CoreDNS and local-path-provisioner"
(cd addons && go build -trimpath -ldflags '-s -w' -o "$work/" ./coredns tool)

chmod 755 "$work" # mktemp makes it private
mv "$work" "$bin"
# Programs of earlier recipes are of no use, except to a node that still runs them: Linux keeps a running program's file.
find "$cache_folder/kubernetes" -mindepth 1 -maxdepth 1 -name 'bin-*' ! -path "$bin" -exec rm -rf {} +
announce "built: $(du -sh "$bin" | cut -f 1) in $bin"
echo "$bin"
