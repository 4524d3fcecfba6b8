#!/bin/bash
# Keeps a replica replicating. Runs beside its server and joins it to the source whenever it does not replicate, each time only after
# comparing their transactions: the server itself never reconnects (see SOURCE_RETRY_COUNT), since behind the same name there may be
# another source. They are compared again every ten seconds, as somebody may write on a replica. Writes what it knows to a file that the
# readiness probe reads.
#
# MEMBER       see member.sh, and what commands.sh needs
# SOURCE_HOST  DNS name of the source
set -euo pipefail
# shellcheck source=SCRIPTDIR/decide.sh
. "${SCRIPTS:-/scripts}/decide.sh"
# shellcheck source=SCRIPTDIR/members.sh
. "${SCRIPTS:-/scripts}/members.sh"
# shellcheck source=SCRIPTDIR/commands-kubernetes.sh
. "${SCRIPTS:-/scripts}/commands.sh"

volume=/var/lib/mysql
state_file=/run/mysqld/replication
root=(mysql --defaults-file=/run/secrets/mysql/root.cnf --connect-timeout=5 -r)

# Says a thing, a line an argument, once until another is to be said; and again every minute.
said=""
said_at=0
say() {
  if [ "$*" != "$said" ] || ((SECONDS - said_at >= 60)); then
    printf 'follow: %s\n' "$@"
    said="$*"
    said_at=$SECONDS
  fi
}
mapfile -t remedy < <(
  echo "Nothing was changed; this member serves no reads. If the source is right, replace this member's data by a clone:"
  replace_data_commands | sed 's/^/  /'
)

# joined LAG | alone | joining | refused | broken
state() { echo "$*" >"$state_file.new" && mv "$state_file.new" "$state_file"; }

field() { sed -n "s/^ *$1: //p" <<<"$status"; }

start_replication() {
  local password
  password=$(password_for replication "$SOURCE_HOST")
  "${root[@]}" <<SQL
STOP REPLICA;
CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$SOURCE_HOST', SOURCE_PORT = 3306, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1,
  SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 1;
START REPLICA USER = 'replication' PASSWORD = '$password';
SQL
}

own_set() { "${root[@]}" -NBe "SELECT REPLACE(@@global.gtid_executed, '\n', '')"; }

# What of one set another lacks.
lacking() { "${root[@]}" -NBe "SELECT REPLACE(GTID_SUBTRACT('$1', '$2'), '\n', '')"; }

# Stops replication when somebody has written on this member while it replicates, so that it has to join anew, and may not. What it had some
# seconds ago is compared: the source sends a transaction a moment before it counts it among its own.
compared=""
compared_at=0
compare() {
  local executed errant
  if ((SECONDS - compared_at < 10)); then return; fi
  if [ -n "$compared" ] && executed=$(ask "$SOURCE_HOST" "SELECT REPLACE(@@global.gtid_executed, '\n', '')" 2>/dev/null); then
    errant=$(lacking "$compared" "$executed")
    if [ -n "$errant" ]; then "${root[@]}" -e "STOP REPLICA"; fi
  fi
  compared=$(own_set)
  compared_at=$SECONDS
}

connect() {
  local answer own executed purged errant missing verdict
  compared=""
  own=$(own_set)
  # In this order: the source's set only grows, so what it lacks now it lacked before.
  if ! answer=$(ask "$SOURCE_HOST" "SELECT CONCAT_WS(';', REPLACE(@@global.gtid_executed, '\n', ''), REPLACE(@@global.gtid_purged, '\n', ''))" 2>&1); then
    if [[ "$answer" == *"Access denied"* ]]; then
      state "broken"
      say "the source refuses the monitoring user's password: it took over other passwords than this member has. Restart it: $(restart_command "${MEMBER%-*}-0")"
    else
      state "alone"
      say "the source is away; serving what this member has"
    fi
    return
  fi
  executed="${answer%%;*}"
  purged="${answer#*;}"
  errant=$(lacking "$own" "$executed")
  missing=$(lacking "$purged" "$own")
  verdict=$(decide_replication "source=here" "own=$own" "errant=$errant" "purged=$missing")
  case "$verdict" in
    join)
      [ "$(cat "$state_file" 2>/dev/null)" = broken ] || { state "joining" && say "joining $SOURCE_HOST"; }
      start_replication
      ;;
    reclone)
      state "joining"
      say "the source's binary logs begin after $missing, which this member lacks: its data will be replaced by a clone"
      touch "$volume/stale"
      mysqladmin --defaults-file=/run/secrets/mysql/root.cnf shutdown
      sleep 60
      ;;
    "refuse "*)
      state "refused"
      case "$verdict" in
        *errant) say "REFUSED to join: this member has transactions that the source lacks: $errant" "${remedy[@]}" ;;
        *) say "REFUSED to join: this member has data but no transaction of this set, so it is another server's" "${remedy[@]}" ;;
      esac
      ;;
  esac
}

while :; do
  if ! status=$("${root[@]}" -Ee "SHOW REPLICA STATUS" 2>/dev/null); then
    state "joining"
    sleep 0.5
    continue
  fi
  io=$(field Replica_IO_Running)
  sql=$(field Replica_SQL_Running)
  if [ "$(field Last_SQL_Errno)" != 0 ] && [ -n "$sql" ] && [ "$sql" != Yes ]; then
    state "broken"
    say "replication has stopped: $(field Last_SQL_Error)" "${remedy[@]}"
    sleep 5
  elif [ "$io" = Yes ] && [ "$sql" = Yes ]; then
    lag=$(field Seconds_Behind_Source)
    state "joined ${lag/NULL/0}"
    say "replicating from $SOURCE_HOST"
    # A server that is being stopped gives no answer, which is for the next round to find.
    compare || true
    sleep 2
  elif [ "$io" = Connecting ] && [ "$(field Last_IO_Errno)" = 0 ]; then
    sleep 0.5
  else
    error=$(field Last_IO_Errno)
    case "$error" in
      "" | 0 | 2003 | 2005 | 2013 | 2026) ;;
      *)
        state "broken"
        say "replication ended with error $error: $(field Last_IO_Error)" \
          "Trying again. A refused password means that the source runs with an older one: $(restart_command "${MEMBER%-*}-0")"
        sleep 4
        ;;
    esac
    connect
    sleep 1
  fi
done
