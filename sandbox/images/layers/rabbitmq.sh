# shellcheck shell=bash
# RabbitMQ with its management page, from Debian 12 (packages of $PACKAGES_VERSION). User rabbitmq is 999:999, as in the official image.
private_debian
unpack_with_dependencies rabbitmq-server
need_version rabbitmq-server RABBITMQ_VERSION
strip_debian
add_user rabbitmq 999
mkdir -p "$root"/etc/rabbitmq/conf.d "$root"/var/l{ib,og}/rabbitmq "$root/usr/local/bin"
echo '[rabbitmq_management].' > "$root/etc/rabbitmq/enabled_plugins"
chown -R 999:999 "$root"/var/l{ib,og}/rabbitmq "$root/etc/rabbitmq"
chmod 1777 "$root"/var/l{ib,og}/rabbitmq
# Debian's own commands insist on root, and hand over to the user with su.
for program in "$root"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/*; do
  ln -s "${program#"$root"}" "$root/usr/local/bin/${program##*/}"
done
for program in erl erlc epmd escript; do
  [[ -e $root/usr/bin/$program ]] || ln -s "../lib/erlang/bin/$program" "$root/usr/bin/$program"
done
