#!/bin/bash
# Copies the data of a running member to $volume/clone.done, with MySQL's CLONE. A server of its own receives it, so nothing that is on
# the volume changes before the copy is complete.
#
#   $1  address of the donor
# MEMBER  see member.sh, and what commands.sh needs
# Exit status: 0 complete; 75 the donor is busy, try again; 1 anything else, explained on the log.
set -euo pipefail
shopt -s inherit_errexit
trap 'say "stopped before the copy was complete"; exit 143' TERM INT
say() { echo "clone: $*"; }
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/attended.sh
. "$scripts/attended.sh"
# shellcheck source=SCRIPTDIR/volume.sh
. "$scripts/volume.sh"
# shellcheck source=SCRIPTDIR/members.sh
. "$scripts/members.sh"
# shellcheck source=SCRIPTDIR/data-options.sh
. "$scripts/data-options.sh"
# shellcheck source=SCRIPTDIR/data-version.sh
. "$scripts/data-version.sh"
# shellcheck source=SCRIPTDIR/commands-kubernetes.sh
. "$scripts/commands.sh"

donor="$1"
scratch="${TMPDIR:-/tmp}"
socket="$scratch/recipient.sock"
said="$scratch/recipient.log"

try_again=""
finish() {
  stop_server || true
  rm -rf "$volume/clone.tmp" "$scratch"/recipient.*
  [ -n "$try_again" ] || rm -rf "$volume/recipient.tmp"
}
# Ends the client and the server that receives. Neither holds anything that is still needed.
stop_server() {
  local try
  # shellcheck disable=SC2046 # several ids
  kill -TERM $(jobs -pr) 2>/dev/null || true
  for ((try = 0; try < 300; try++)); do
    [ -n "$(jobs -pr)" ] || return 0
    sleep 0.1
  done
  # shellcheck disable=SC2046
  kill -KILL $(jobs -pr) 2>/dev/null || true
}
again() {
  say "$1; trying again"
  try_again=yes
  exit 75
}
trap finish EXIT

rm -rf "$volume/clone.tmp" "$volume/clone.done"
attended bash "$scripts/recipient.sh"
initial_options "$scratch/recipient.cnf"
recipient=(mysqld "--defaults-file=$scratch/recipient.cnf" --default-time-zone=SYSTEM "--datadir=$volume/recipient.tmp" --log-error-verbosity=1 --performance-schema=OFF
  --innodb-buffer-pool-size=32M --innodb-numa-interleave=OFF)
"${recipient[@]}" --skip-networking --skip-log-bin --mysqlx=OFF --plugin-load-add=mysql_clone.so "--socket=$socket" \
  "--pid-file=$scratch/recipient.pid" &
server=$!
for ((try = 0; ; try++)); do
  if timeout --kill-after=1 5 mysqladmin --no-defaults --user=root "--socket=$socket" ping >/dev/null 2>&1; then break; fi
  if ((try >= 300)) || ! kill -0 "$server" 2>/dev/null; then
    say "FAILED: the server that receives the copy does not start"
    exit 1
  fi
  sleep 0.2
done

say "copying from $donor"
password=$(password_for clone "$donor")
copy() {
  local began=$SECONDS status=0 tick client
  # The password goes through a pipe: never on a command line, never echoed. What the client prints last is proof that it came to the end.
  mysql --no-defaults --user=root "--socket=$socket" -NBr >"$said" 2>&1 <<SQL &
SET GLOBAL clone_ssl_ca = '${CERTIFICATES:-/run/secrets/mysql-tls}/ca.crt';
SET GLOBAL clone_valid_donor_list = '$donor:3306';
CLONE INSTANCE FROM 'clone'@'$donor':3306 IDENTIFIED BY '$password'
  DATA DIRECTORY = '$volume/clone.tmp' REQUIRE SSL;
SELECT '$end_mark';
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
  if [ "$status" != 0 ]; then return "$status"; fi
  [[ "$(<"$said")" == *"$end_mark" ]] && holds_database "$volume/clone.tmp"
}
status=0
failure=""
message=""
# A donor serves one member at a time. Who waits asks again, and after some tries another donor.
for ((try = 0; try < 15; try++)); do
  began=$SECONDS
  status=0
  copy || status=$?
  [ "$status" != 0 ] || break
  message=$(<"$said")
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
      say "FAILED: the volume is full. Free space: $(free_space)." \
        "Give this member a larger volume; while old data is replaced, it takes twice the size of the data"
      ;;
    stranger)
      say "REFUSED: what answers as $donor shows a certificate that is not from this set's authority, so nothing was taken from it"
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
stop_server
note_lasting_options "$volume/clone.tmp"
note_version "$volume/clone.tmp"
sync
mv "$volume/clone.tmp" "$volume/clone.done"
sync
say "copied $(du -sm "$volume/clone.done" | awk '{print $1}') MiB from $donor in $((SECONDS - began)) s"
