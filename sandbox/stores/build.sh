#!/usr/bin/env bash
# build.sh: puts what tests of backups into remote storage need into the cache, and prints the folder it is in as its last line: rclone from
# Debian unstable, and versitygw, an S3 server that keeps objects in a folder, from its Go module. A minute or two the first time, nothing after that.
#
# Debian 12 has rclone 1.60, which is too old; unstable's runs on its C library. Of rclone any version will do: nothing is named after it.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

# As those have it that are sourced.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../images" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"
source "$here/../shell/debian.sh"
# shellcheck source=../images/packages.sh
source "$here/packages.sh"
# shellcheck source=../images/unstable.sh
source "$here/unstable.sh"

versitygw=github.com/versity/versitygw/cmd/versitygw@v1.8.0

bin=$cache_folder/stores/bin-$(cd "$here/.." && recipe_hash stores images/packages.sh images/unstable.sh)
if [[ -d $bin ]]; then
  echo "$bin"
  exit
fi

command -v go > /dev/null || fail "the S3 server of the tests is built from its Go module: install Go 1.24 or newer (https://go.dev/dl)"
debian_mirror=${GHOST_PLATFORM_DEBIAN_MIRROR:-$(debian_archive)}
[[ -n $debian_mirror ]] || fail "apt-get here knows no archive of Debian: name one in GHOST_PLATFORM_DEBIAN_MIRROR"
lock_cache stores
if [[ -d $bin ]]; then # somebody else built it while we waited
  echo "$bin"
  exit
fi

# Everything happens beside the final place and is renamed at the end: an interrupted build leaves nothing that looks complete.
mkdir -p "$cache_folder/stores"
rm -rf "$cache_folder/stores"/tmp.*
work=$(mktemp --directory "$cache_folder/stores/tmp.XXXXXX")
log=$work/log
# What apt says goes to the log, and is shown where it fails.
trap '(($? == 0)) || tail -n 20 "$log" >&2; rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root" "$work/bin"
touch "$log"

announce "rclone from Debian unstable"
unpack_unstable rclone
mv "$root/usr/bin/rclone" "$work/bin/rclone"
announce "${versitygw##*/}"
(cd / && GOBIN=$work/bin go install -trimpath -ldflags '-s -w' "$versitygw")

mv "$work/bin" "$bin"
find "$cache_folder/stores" -mindepth 1 -maxdepth 1 -name 'bin-*' ! -path "$bin" -exec rm -rf {} +
announce "built: $(du -sh "$bin" | cut -f 1) in $bin"
echo "$bin"
