#!/bin/bash
# Runs a member's server, and beside it the script that brings it into the group.
#
# MEMBER, MEMBER_HOSTS  see group-peers.sh
set -euo pipefail
trap 'stop_children; exit "$?"' TERM INT
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/../../scripts/attended.sh
. "$scripts/attended.sh"

attended bash "$scripts/group-member.sh"

# What was said to the server before this one.
run="${RUN:-/run/mysqld}"
rm -f "$run"/{leaving,bootstrap,group}
(
  while :; do
    bash "$scripts/join-group.sh" || echo "group: ended with status $?, starting it again"
    sleep 2
  done
) &
host="$MEMBER$MEMBER_HOSTS"
while :; do
  rm -f "$run/restart"
  status=0
  attended bash "$scripts/start.sh" /etc/ghost-platform/group.cnf "--server-id=$((100 + ${MEMBER##*-}))" "--report-host=$host" \
    "--group-replication-local-address=$host:3306" || status=$?
  # See `leave` of join-group.sh.
  [ -e "$run/restart" ] || exit "$status"
done
