# shellcheck shell=bash
# PostgreSQL from Debian 12 (packages of $PACKAGES_VERSION): the server's and the client's programs. User postgres is 999:999 and the data
# stand in /var/lib/postgresql/data, as in the official image.
private_debian
unpack_with_dependencies postgresql-15
need_version postgresql-15 POSTGRES_VERSION
strip_debian
add_user postgres 999
# The just-in-time compiler is two thirds of the size, and these databases are small.
rm -rf "$root"/usr/lib/*/libLLVM-14.so* "$root"/usr/lib/llvm-14 "$root"/usr/lib/postgresql/15/lib/{bitcode,llvmjit*}
mkdir -p "$root"/var/lib/postgresql/data "$root/run/postgresql" "$root/usr/local/bin"
chown -R 999:999 "$root/var/lib/postgresql" "$root/run/postgresql"
chmod 1777 "$root/var/lib/postgresql/data" "$root/run/postgresql"
for program in "$root"/usr/lib/postgresql/15/bin/*; do
  ln -s "/usr/lib/postgresql/15/bin/${program##*/}" "$root/usr/local/bin/${program##*/}"
done
install_executable "$here/postgres/docker-entrypoint.sh" usr/local/bin/docker-entrypoint.sh
