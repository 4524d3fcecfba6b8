# shellcheck shell=bash
# For layers that are programs from Debian unstable on top of Debian 12, whose C library carries them. Expects what layer.sh does.
# shellcheck disable=SC2154

# A layer's script that mentions it is built again when this file changes.
# shellcheck disable=SC2034
UNSTABLE_VERSION=$(cd "$here" && recipe_hash unstable.sh)

# unpack_unstable PACKAGE [VARIABLE]: without what it depends on. Unstable moves on and keeps no old versions; where a variable names the one that is
# asked for, another fails: a tag must not lie about what is inside.
unpack_unstable() {
  local packaged
  mkdir -p "$work"/apt/{state/lists/partial,cache/archives/partial} "$work/alone"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $debian_mirror sid main" > "$work/apt/sources.list"
  : > "$work/apt/status"
  private_apt update
  (cd "$work/alone" && private_apt download "$1")
  packaged=$(packaged_version "$1")
  [[ $# == 1 || $packaged == "${!2}" ]] ||
    fail "Debian unstable now has $1 $packaged, sandbox/images/versions.env asks for ${!2}: set $2=$packaged there and build again"
  unpack_archives "$work"/alone/*.deb
}
