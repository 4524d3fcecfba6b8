#!/bin/bash
# Runs the server, as its parent: so a stop is heard from the first moment on, and a health check can kill a server that hangs, which the
# kernel would spare as PID 1.
#
#   $1   option file; default: the single server's
#   $@   further options
set -euo pipefail
trap 'stop_children; exit "$?"' TERM INT
# shellcheck source=SCRIPTDIR/attended.sh
. "${SCRIPTS:-/scripts}/attended.sh"
# shellcheck source=SCRIPTDIR/volume.sh
. "${SCRIPTS:-/scripts}/volume.sh"
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"
# shellcheck source=SCRIPTDIR/data-version.sh
. "${SCRIPTS:-/scripts}/data-version.sh"
say() { echo "start: $*"; }
options="${1:-/etc/ghost-platform/server.cnf}"

# A socket that a killed server left behind would keep the next one from starting; and what was said of that one is not true of this one.
run="${RUN:-/run/mysqld}"
rm -f "$run"/mysqld.* "$run/answered" "$run/been-ready"
# A member of a group, whose option file is group.cnf, keeps what it receives of the others in files of this name.
if [ "${options##*/}" != group.cnf ] && compgen -G "$volume/data/*-group_replication_applier.*" >/dev/null; then
  say "REFUSED: these data were in a group, whose other members may have what was acknowledged last. Nothing was changed."
  say "Set mysql.topology to group again. To leave the group for good, go by a backup: docs/mysql-group.md"
  exit 1
fi
lasting_options_kept "$options" "$volume/data" || exit 1
version_fits "$volume/data" || exit 1
if ! timeout --kill-after=1 60 mysqld --defaults-file="$options" --validate-config; then
  say "the server does not take these options; its own message stands above. Mend mysql.options"
fi
if [ -e "${SCRIPTS:-/scripts}/renewals.sh" ]; then bash "${SCRIPTS:-/scripts}/renewals.sh" & fi
say "the server takes over this stack's users and passwords, then accepts connections"
attended mysqld --defaults-file="$options" "${@:2}"
