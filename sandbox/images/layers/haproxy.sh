# shellcheck shell=bash
# HAProxy from Debian unstable, whose C library is newer than Debian 12's. User haproxy is 99:99, as in the official image.
need_programs debootstrap=debootstrap

debootstrap --variant=minbase --include=haproxy sid "$root" "$debian_mirror" > "$log"

# Unstable moves on and keeps no old versions; a tag must not lie about what is inside.
packaged=$(sed -n '/^Package: haproxy$/,/^$/ s/^Version: //p' "$root/var/lib/dpkg/status")
[[ $packaged == "$HAPROXY_VERSION"-* ]] ||
  fail "Debian unstable now has HAProxy $packaged, sandbox/images/versions.env asks for $HAPROXY_VERSION: set HAPROXY_VERSION=${packaged%%-*} there and build again"
strip_debian

sed -i '/^haproxy:/d' "$root/etc/passwd" "$root/etc/group"
echo "haproxy:x:99:99::/var/lib/haproxy:/usr/sbin/nologin" >> "$root/etc/passwd"
echo "haproxy:x:99:" >> "$root/etc/group"
mkdir -p "$root/usr/local/etc/haproxy" "$root/var/lib/haproxy"
