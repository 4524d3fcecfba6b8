#!/bin/bash
# Keeps a replica replicating. Runs beside its server and joins it to the source whenever it does not replicate, each time only after
# comparing their transactions: the server itself never reconnects (see SOURCE_RETRY_COUNT), since behind the same name there may be
# another source. They are compared again every ten seconds, as somebody may write on a replica. Writes what it knows to a file that the
# readiness probe reads.
#
# MEMBER       see member.sh, and what commands.sh needs
# SOURCE_HOST  DNS name of the source
# COMPARE_SECONDS  how long between two comparisons of a replica that replicates; default 10
set -euo pipefail
shopt -s inherit_errexit
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/volume.sh
. "$scripts/volume.sh"
# shellcheck source=SCRIPTDIR/members.sh
. "$scripts/members.sh"
# shellcheck source=SCRIPTDIR/commands-kubernetes.sh
. "$scripts/commands.sh"

state_file="${RUN:-/run/mysqld}/replication"

# Runs a client of this member's own server.
#   $1  seconds it may take
#   $@  its arguments
root() { timeout --kill-after=1 "$1" mysql "--defaults-file=$secrets/root.cnf" --connect-timeout=5 -r "${@:2}"; }

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
  # STOP waits for what is being applied.
  root 60 <<SQL
STOP REPLICA;
CHANGE REPLICATION SOURCE TO SOURCE_HOST = '$SOURCE_HOST', SOURCE_PORT = 3306, SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 1,
  SOURCE_SSL_CA = '${CERTIFICATES:-/run/secrets/mysql-tls}/ca.crt', SOURCE_SSL_VERIFY_SERVER_CERT = 1,
  SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 1;
START REPLICA USER = 'replication' PASSWORD = '$password';
SQL
}

# Asks this member's own server.
#   $1  SQL
#   $@  options of the client
ask_own() { whole_answer root 10 "${@:2}" -e "$1; SELECT '$end_mark'"; }

own_set() { ask_own "SELECT REPLACE(@@global.gtid_executed, '\n', '')" -NB; }

# What of one set another lacks, or "unknown".
lacking() { ask_own "SELECT REPLACE(GTID_SUBTRACT('$1', '$2'), '\n', '')" -NB || echo unknown; }

# Stops replication when somebody has written on this member while it replicates, so that it has to join anew, and may not. What it had some
# seconds ago is compared: the source sends a transaction a moment before it counts it among its own. What is not known now is compared again.
compared=""
compared_at=0
compare() {
  local executed errant
  if ((SECONDS - compared_at < ${COMPARE_SECONDS:-10})); then return; fi
  if [ -n "$compared" ] && executed=$(ask "$SOURCE_HOST" "SELECT REPLACE(@@global.gtid_executed, '\n', '')" 2>/dev/null); then
    errant=$(lacking "$compared" "$executed")
    if [ -n "$errant" ] && [ "$errant" != unknown ]; then root 60 -e "STOP REPLICA" || return 0; fi
  fi
  compared=$(own_set) || compared=""
  compared_at=$SECONDS
}

connect() {
  local answer status=0 source=here own executed="" purged="" errant=unknown missing=unknown verdict
  compared=""
  own=$(own_set) || own=unknown
  # In this order: the source's set only grows, so what it lacks now it lacked before.
  answer=$(ask "$SOURCE_HOST" "SELECT CONCAT_WS(';', REPLACE(@@global.gtid_executed, '\n', ''), REPLACE(@@global.gtid_purged, '\n', ''))" 2>&1) || status=$?
  if [ "$status" = 0 ]; then
    answer="${answer##*$'\n'}"
    executed="${answer%%;*}"
    purged="${answer#*;}"
    if [ "$own" != unknown ]; then
      errant=$(lacking "$own" "$executed")
      missing=$(lacking "$purged" "$own")
    fi
  elif nobody_answered "$status" "$answer"; then
    source=away
  else
    source=unknown
  fi
  verdict=$(decide_replication "source=$source" "own=$own" "errant=$errant" "purged=$missing")
  case "$verdict" in
    wait)
      if [ "$source" = away ]; then
        state "alone"
        say "the source is away; serving what this member has"
      elif login_refused "$answer"; then
        state "broken"
        say "the source refuses the monitoring user's password: it took over other passwords than this member has. Restart it: $(restart_command "${MEMBER%-*}-0")"
      elif not_authenticated "$answer"; then
        state "joining"
        say "REFUSED: what answers as $SOURCE_HOST shows a certificate that is not the source's: from another authority than this set's, or of another name. Nothing was said to it; looking again"
      else
        # It may be taking writes that this member does not have.
        state "joining"
        say "waiting for a whole answer of $([ "$source" = here ] && echo "this member's own server" || echo "the source: $answer")"
      fi
      ;;
    join)
      [ "$(cat "$state_file" 2>/dev/null)" = broken ] || { state "joining" && say "joining $SOURCE_HOST"; }
      start_replication
      ;;
    reclone)
      state "joining"
      say "the source's binary logs begin after $missing, which this member lacks: its data will be replaced by a clone"
      touch "$volume/stale"
      timeout --kill-after=1 60 mysqladmin "--defaults-file=$secrets/root.cnf" --connect-timeout=5 shutdown
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
  if ! status=$(ask_own "SHOW REPLICA STATUS" -E 2>/dev/null); then
    # What it said last holds for a minute.
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
    state "joined ${lag/NULL/}"
    say "replicating from $SOURCE_HOST"
    compare
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
