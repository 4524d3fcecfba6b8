#!/bin/bash
# Copies the data of a running member to $volume/clone.done, with MySQL's CLONE. A server of its own receives it, so nothing that is on
# the volume changes before the copy is complete.
#
#   $1  address of the donor
# MEMBER  see member.sh, and what commands.sh needs
# Exit status: 0 complete; 75 the donor is busy, try again; 1 anything else, explained on the log.
set -euo pipefail
# shellcheck source=SCRIPTDIR/decide.sh
. "${SCRIPTS:-/scripts}/decide.sh"
# shellcheck source=SCRIPTDIR/members.sh
. "${SCRIPTS:-/scripts}/members.sh"
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"
# shellcheck source=SCRIPTDIR/commands-kubernetes.sh
. "${SCRIPTS:-/scripts}/commands.sh"

donor="$1"
volume=/var/lib/mysql
socket=/tmp/recipient.sock
say() { echo "clone: $*"; }

server=""
client=""
try_again=""
finish() {
  [ -z "$client" ] || kill -TERM "$client" 2>/dev/null || true
  if [ -n "$server" ]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  rm -rf "$volume/clone.tmp" /tmp/recipient.*
  [ -n "$try_again" ] || rm -rf "$volume/recipient.tmp"
}
again() {
  say "$1; trying again"
  try_again=yes
  exit 75
}
trap finish EXIT
trap 'say "stopped before the copy was complete"; exit 143' TERM INT

rm -rf "$volume/clone.tmp" "$volume/clone.done"
bash "${SCRIPTS:-/scripts}/recipient.sh" &
server=$!
wait "$server"
initial_options /tmp/recipient.cnf
recipient=(mysqld --defaults-file=/tmp/recipient.cnf --default-time-zone=SYSTEM "--datadir=$volume/recipient.tmp" --log-error-verbosity=1 --performance-schema=OFF
  --innodb-buffer-pool-size=32M --innodb-numa-interleave=OFF)
"${recipient[@]}" --skip-networking --skip-log-bin --mysqlx=OFF --plugin-load-add=mysql_clone.so "--socket=$socket" \
  --pid-file=/tmp/recipient.pid &
server=$!
for ((try = 0; ; try++)); do
  if mysqladmin --no-defaults --user=root "--socket=$socket" ping >/dev/null 2>&1; then break; fi
  if ((try >= 300)) || ! kill -0 "$server" 2>/dev/null; then
    say "FAILED: the server that receives the copy does not start"
    exit 1
  fi
  sleep 0.2
done

say "copying from $donor"
password=$(password_for clone "$donor")
copy() {
  local began=$SECONDS status=0 tick
  # The password goes through a pipe: never on a command line, never echoed.
  mysql --no-defaults --user=root "--socket=$socket" >/tmp/recipient.log 2>&1 <<SQL &
SET GLOBAL clone_valid_donor_list = '$donor:3306';
CLONE INSTANCE FROM 'clone'@'$donor':3306 IDENTIFIED BY '$password'
  DATA DIRECTORY = '$volume/clone.tmp' REQUIRE SSL;
SQL
  client=$!
  while kill -0 "$client" 2>/dev/null; do
    for ((tick = 0; tick < 50; tick++)); do
      kill -0 "$client" 2>/dev/null || break
      sleep 0.2
    done
    if kill -0 "$client" 2>/dev/null; then
      say "copied so far: $(du -sm "$volume/clone.tmp" 2>/dev/null | awk '{print $1}') MiB in $((SECONDS - began)) s"
    fi
  done
  wait "$client" || status=$?
  client=""
  return "$status"
}
status=0
failure=""
# A donor serves one member at a time. Who waits asks again, and after some tries another donor.
for ((try = 0; try < 15; try++)); do
  began=$SECONDS
  status=0
  copy || status=$?
  [ "$status" != 0 ] || break
  message=$(cat /tmp/recipient.log)
  failure=$(clone_failure "$message")
  [ "$failure" = busy ] || break
  if ((try == 0)); then say "$donor is giving its data to another member; waiting"; fi
  rm -rf "$volume/clone.tmp"
  sleep 2
done
if [ "$status" != 0 ]; then
  case "$failure" in
    busy)
      again "$donor is still giving its data to another member"
      ;;
    gone)
      again "$donor went away"
      ;;
    password)
      say "FAILED: $donor refuses the clone user's password: it runs with other passwords than this member has." \
        "Restart the source, then this member: $(restart_command "${MEMBER%-*}-0"); $(restart_command "$MEMBER")"
      ;;
    full)
      say "FAILED: the volume is full. Free space: $(df -Ph "$volume" | awk 'NR == 2 {print $4}')." \
        "Give this member a larger volume; while old data is replaced, it takes twice the size of the data"
      ;;
    version)
      say "FAILED: CLONE copies between servers of one release line only; this one is $(mysqld --version | awk '{print $3}')." \
        "Give every member the same image"
      ;;
    *) say "FAILED for a reason this program does not know" ;;
  esac
  say "mysql says: ${message//$password/(password)}"
  exit 1
fi
mysqladmin --no-defaults --user=root "--socket=$socket" shutdown >/dev/null 2>&1 || true
wait "$server" || true
server=""
note_lasting_options "$volume/clone.tmp"
sync
mv "$volume/clone.tmp" "$volume/clone.done"
sync
say "copied $(du -sm "$volume/clone.done" | awk '{print $1}') MiB from $donor in $((SECONDS - began)) s"
