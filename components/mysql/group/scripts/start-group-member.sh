#!/bin/bash
# Runs a member's server, and beside it the script that brings it into the group.
#
# MEMBER, MEMBER_HOSTS  see group-peers.sh
# ADDRESS               "own" where others find this member by name only once it is in the group: then they are told its address
set -euo pipefail
say() { echo "member $ordinal: $*"; }
trap 'leave; stop_children; exit "$?"' TERM INT
scripts="${SCRIPTS:-/scripts}"
run="${RUN:-/run/mysqld}"
# shellcheck source=SCRIPTDIR/../../scripts/attended.sh
. "$scripts/attended.sh"
# shellcheck source=SCRIPTDIR/group-peers.sh
. "$scripts/group-peers.sh"
# shellcheck source=SCRIPTDIR/group-room.sh
. "$scripts/group-room.sh"

# Leaves the group, unless the platform has had this member do so before it told it to stop.
leave() { if [ -e "$run/mysqld.pid" ] && [ ! -e "$run/leaving" ]; then bash "$scripts/leave-group.sh"; fi; }

attended bash "$scripts/group-member.sh"

# What was said to the server before this one.
rm -f "$run"/{leaving,bootstrap,group}
(
  while :; do
    bash "$scripts/join-group.sh" || echo "group: ended with status $?, starting it again"
    sleep 2
  done
) &
host="$MEMBER$MEMBER_HOSTS"
address="$host"
if [ "${ADDRESS:-}" = own ]; then
  own=$(addresses_of "$HOSTNAME")
  address="${own%%$'\n'*}"
fi
while :; do
  await_room
  rm -f "$run/restart"
  status=0
  attended bash "$scripts/start.sh" /etc/ghost-platform/group.cnf "--server-id=$((100 + ${MEMBER##*-}))" "--report-host=$host" \
    "--group-replication-local-address=$address:3306" || status=$?
  # See `leave` of join-group.sh.
  [ -e "$run/restart" ] || exit "$status"
done
