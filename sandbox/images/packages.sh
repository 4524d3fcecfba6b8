# shellcheck shell=bash
# For layers that stand on the layer `debian`: Debian's packages, unpacked and not configured. A container needs the files and no service that
# starts with the machine; what a package's own set-up would do, the layer's script does where an image needs it. Expects what layer.sh does.
# shellcheck disable=SC2154

# A layer's script that mentions one of these is built again when what stands behind it changes.
# shellcheck disable=SC2034
for part in frontend products orders users; do
  declare "SHOP_${part^^}_VERSION=$(cd "$here/../../examples/shop" && recipe_hash "$part")"
done
# shellcheck disable=SC2034
PACKAGES_VERSION=$(cd "$here" && recipe_hash packages.sh)

# private_debian: apt on Debian 12 alone, with the layer below as what is installed. Once in a layer's script.
private_debian() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$work"/apt/{state/lists/partial,cache/archives/partial}
  lower_file var/lib/dpkg/status > "$work/apt/status"
  echo "deb [signed-by=$keyring] $debian_mirror bookworm main" > "$work/apt/sources.list"
  private_apt update
}

private_apt() {
  apt-get -q -o "Dir::State=$work/apt/state" -o "Dir::Cache=$work/apt/cache" -o "Dir::State::status=$work/apt/status" \
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root "$@" >> "$log" 2>&1
}

# unpack_with_dependencies PACKAGE...
unpack_with_dependencies() {
  private_apt --no-install-recommends --yes --download-only install "$@"
  unpack_archives "$work"/apt/cache/archives/*.deb
}

# unpack_alone PACKAGE...: without what they depend on.
unpack_alone() {
  mkdir -p "$work/alone"
  (cd "$work/alone" && private_apt download "$@")
  unpack_archives "$work"/alone/*.deb
}

unpack_archives() {
  local archive folder
  for archive in "$@"; do
    dpkg-deb --extract "$archive" "$root"
  done
  # Debian 12 has these as links into /usr, and a folder of the same name in this layer would hide them.
  for folder in bin sbin lib lib64; do
    if [[ -d $root/$folder ]]; then
      mkdir -p "$root/usr/$folder"
      cp -a "$root/$folder/." "$root/usr/$folder/"
      rm -rf "${root:?}/$folder"
    fi
  done
}

# packaged_version PACKAGE: upstream's part of the version that was unpacked.
packaged_version() {
  local archive
  archive=$(find "$work/apt/cache/archives" "$work/alone" -name "$1_*.deb" 2> /dev/null | head -n 1)
  dpkg-deb --field "$archive" Version | sed -E 's/^[0-9]+://; s/[+~-].*//'
}

# need_version PACKAGE VARIABLE: a tag must not lie about what is inside.
need_version() {
  local packaged
  packaged=$(packaged_version "$1")
  [[ $packaged == "${!2}" || $packaged == "${!2}".* ]] ||
    fail "Debian 12 now has $1 $packaged, sandbox/images/versions.env asks for ${!2}: set $2 there and build again"
}

# add_user NAME ID: a user and its group, on top of those of the layers below.
add_user() {
  mkdir -p "$root/etc"
  { lower_file etc/passwd | grep -v "^$1:"; echo "$1:x:$2:$2::/nonexistent:/usr/sbin/nologin"; } > "$root/etc/passwd"
  { lower_file etc/group | grep -v "^$1:"; echo "$1:x:$2:"; } > "$root/etc/group"
}
