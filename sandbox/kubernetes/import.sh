#!/usr/bin/env bash
# import.sh [ghost|mysql|busybox|mailpit|pause]... : builds the images when the cache lacks them and imports into the running node those
# that it does not have yet (all of them when none is named).
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"
source "$here/settings.sh"

[[ -S $containerd_socket ]] || fail "no node runs here: start it with sandbox/kubernetes/up.sh"
images=$("$here/../images/build.sh" "$@" | tee -a /dev/stderr | grep '^ghost-platform')
present=$("${ctr[@]}" images list --quiet)

while read -r reference archive; do
  # An image's identity is the hash of its configuration, and the kubelet's runtime lists it by that: an image built anew under the same
  # tag is imported again.
  identity=$(tar --extract --to-stdout --occurrence=1 --file "$archive" manifest.json | grep -oE '[0-9a-f]{64}')
  if grep -qxF "$reference" <<< "$present" && grep -qxF "sha256:$identity" <<< "$present"; then
    announce "$reference is in the node"
    continue
  fi
  "${ctr[@]}" images import "$archive" > /dev/null
  announce "$reference imported"
done <<< "$images"
