# shellcheck shell=bash
# Debian's static busybox with a link for each applet. Taken from the package archive, not from this machine, so that the version is the
# one in the tag whatever Debian this is.
cd "$work"
mkdir -p apt/{state/lists/partial,cache/archives/partial}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $debian_mirror bookworm main" > apt/sources.list
private_apt() {
  apt-get -q -o "Dir::State=$work/apt/state" -o "Dir::Cache=$work/apt/cache" -o Dir::State::status=/dev/null \
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root "$@" >> "$log" 2>&1
}
private_apt update
private_apt download "busybox-static=1:$BUSYBOX_VERSION-*"
dpkg-deb --extract busybox-static_*.deb package

mkdir -p "$root"/{bin,etc,root,tmp,var}
chmod 1777 "$root/tmp"
cp package/bin/busybox "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
  [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
done
mkdir -p "$root/usr/bin"
ln -s ../../bin/busybox "$root/usr/bin/env"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' > "$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' > "$root/etc/group"
