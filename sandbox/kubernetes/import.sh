#!/usr/bin/env bash
# import.sh [ghost|mysql|busybox|mailpit|pause|nginx]... : builds the images when the cache lacks them and imports into the running node
# those that it does not have yet (when none is named, those that a stack is made of, and pause).
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"
source "$here/settings.sh"

[[ -S $containerd_socket ]] || fail "no node runs here: start it with sandbox/kubernetes/up.sh"
images=$("$here/../images/build.sh" "$@" | tee >(cat >&2) | grep '^ghost-platform')
present=$("${ctr[@]}" images list | awk '{ print $1, $3 }') # name and digest

while read -r reference archive; do
  # An image's identity is the hash of its configuration, and the kubelet's runtime lists it by that: a tag that names an image of an
  # older recipe is not taken for the new one.
  identity=$(tar --extract --to-stdout --occurrence=1 --file "$archive" manifest.json | grep -oE '[0-9a-f]{64}')
  digest=$(awk -v name="$reference" '$1 == name { print $2 }' <<< "$present")
  if [[ -n $digest ]] && grep -qF "sha256:$identity $digest" <<< "$present"; then
    announce "$reference is in the node"
    continue
  fi
  # All its names go first: the runtime notices a new name, not one that moved. Running containers keep what they have.
  if [[ -n $digest ]]; then
    awk -v digest="$digest" '$2 == digest { print $1 }' <<< "$present" | xargs "${ctr[@]}" images remove --sync > /dev/null
  fi
  "${ctr[@]}" images import "$archive" > /dev/null
  announce "$reference imported"
done <<< "$images"
