# shellcheck shell=bash
# nginx from Debian 12, with the user and the folders of the official image. Its configuration is not the official one: who runs it brings a
# configuration, or mounts pages where Debian's looks for them, too.
need_programs debootstrap=debootstrap

debootstrap --variant=minbase --include=nginx bookworm "$root" "$debian_mirror" > "$log"
packaged=$(sed -n '/^Package: nginx$/,/^$/ s/^Version: //p' "$root/var/lib/dpkg/status")
[[ $packaged == "$NGINX_VERSION"-* ]] ||
  fail "Debian 12 now has nginx $packaged, sandbox/images/versions.env asks for $NGINX_VERSION: set NGINX_VERSION=${packaged%%-*} there and build again"
strip_debian

echo "nginx:x:101:101:nginx:/nonexistent:/bin/false" >> "$root/etc/passwd"
echo "nginx:x:101:" >> "$root/etc/group"
mkdir -p "$root/usr/share/nginx/html" "$root/var/cache/nginx"
