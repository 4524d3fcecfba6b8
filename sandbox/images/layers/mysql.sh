# shellcheck shell=bash
# MySQL from Debian unstable: server and client programs without Debian's service around them. Debian 12 itself has no MySQL. User mysql is
# 999:999 and the directories are those of the official image.
need_programs debootstrap=debootstrap

debootstrap --variant=minbase --include=mysql-server-core,mysql-client-core sid "$root" "$debian_mirror" > "$log"

# Unstable moves on and keeps no old versions; a tag must not lie about what is inside.
packaged=$(sed -n '/^Package: mysql-server-core$/,/^$/ s/^Version: //p' "$root/var/lib/dpkg/status")
[[ $packaged == "$MYSQL_VERSION"-* ]] ||
  fail "Debian unstable now has MySQL $packaged, sandbox/images/versions.env asks for $MYSQL_VERSION: set MYSQL_VERSION=${packaged%%-*} there and build again"
strip_debian

# Debian's own configuration binds the server to loopback; the only one read here is what is mounted or given as options.
rm -rf "$root/etc/mysql"
mkdir -p "$root"/etc/mysql/conf.d "$root"/var/lib/mysql{,-files} "$root"/run/mysqld "$root"/docker-entrypoint-initdb.d
printf '!includedir /etc/mysql/conf.d/\n' > "$root/etc/mysql/my.cnf"
sed -i '/^mysql:/d' "$root/etc/passwd" "$root/etc/group"
echo "mysql:x:999:999::/var/lib/mysql:/bin/bash" >> "$root/etc/passwd"
echo "mysql:x:999:" >> "$root/etc/group"
chown 999:999 "$root"/var/lib/mysql{,-files} "$root/run/mysqld"
chmod 1777 "$root/var/lib/mysql" "$root/run/mysqld"
chmod 750 "$root/var/lib/mysql-files"

install_executable "$here/mysql/docker-entrypoint.sh" usr/local/bin/docker-entrypoint.sh
