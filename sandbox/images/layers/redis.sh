# shellcheck shell=bash
# Redis from Debian 12 (packages of $PACKAGES_VERSION). User redis is 999:999 and the data stand in /data, as in the official image.
private_debian
unpack_with_dependencies redis-server
need_version redis-server REDIS_VERSION
strip_debian
add_user redis 999
rm -rf "$root/etc/redis"
mkdir -p "$root/data"
chown 999:999 "$root/data"
chmod 1777 "$root/data"
