#!/bin/bash
# Runs the server. A socket that a killed server left behind would keep the next one from starting.
#
#   $1   option file; default: the single server's
#   $@   further options
set -euo pipefail
say() { echo "start: $*"; }
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"
options="${1:-/etc/ghost-platform/server.cnf}"

rm -f /run/mysqld/*
lasting_options_kept "$options" /var/lib/mysql/data || exit 1
if ! timeout 60 mysqld --defaults-file="$options" --validate-config; then
  say "the server does not take these options; its own message stands above. Mend mysql.options"
fi
echo "start: the server takes over this stack's users and passwords, then accepts connections"
exec mysqld --defaults-file="$options" "${@:2}"
