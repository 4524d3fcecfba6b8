# shellcheck shell=bash
# What the members of a group say about themselves. Sourced.
#
# MEMBER        this member's name, which ends with its ordinal, for example mysql-2
# MEMBER_HOSTS  what comes behind a member's name in its DNS name: `.mysql`

scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/../../scripts/members.sh
. "$scripts/members.sh"
# shellcheck source=SCRIPTDIR/../../scripts/set-facts.sh
. "$scripts/set-facts.sh"

ordinal="${MEMBER##*-}"
set_name="${MEMBER%-*}"

# The name by which the group knows a member.
#   $1  its ordinal
host_of() { echo "$set_name-$1$MEMBER_HOSTS"; }

# Prints the ordinals of the other members, a line each. Fails when it is not known how many the set has.
other_ordinals() {
  local count other
  count=$(set_fact members MEMBERS) || return 1
  [[ "$count" =~ ^[1-9]$ ]] || return 1
  for ((other = 0; other < count; other++)); do
    if [ "$other" != "$ordinal" ]; then echo "$other"; fi
  done
}

# What a member is asked, in one answer, its parts behind each other's |: its state; whether those that it sees are more than half of those it
# counts in; whether it counts this member in; how many it sees that are in the group or about to be; how many of them have everything; and every transaction that it has executed or received, "-" for none.
member_query="SELECT CONCAT_WS('|',
  COALESCE((SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@global.server_uuid), 'OFFLINE'),
  (SELECT IF(SUM(MEMBER_STATE <> 'UNREACHABLE') * 2 > COUNT(*), 'majority', 'minority') FROM performance_schema.replication_group_members),
  (SELECT IF(SUM(MEMBER_HOST = '$(host_of "$ordinal")') > 0, 'listed', 'absent') FROM performance_schema.replication_group_members),
  (SELECT COALESCE(SUM(MEMBER_STATE IN ('ONLINE', 'RECOVERING')), 0) FROM performance_schema.replication_group_members),
  (SELECT COALESCE(SUM(MEMBER_STATE = 'ONLINE'), 0) FROM performance_schema.replication_group_members),
  COALESCE(NULLIF(REPLACE(GTID_SUBTRACT(CONCAT_WS(',', NULLIF(@@global.gtid_executed, ''),
    (SELECT NULLIF(RECEIVED_TRANSACTION_SET, '') FROM performance_schema.replication_connection_status
      WHERE CHANNEL_NAME = 'group_replication_applier')), ''), '\n', ''), ''), '-'))"

# Takes an answer to that apart: sets $member_state, $majority, $listed, $seen, $online and $transactions. Fails for anything else.
read_member() {
  [[ "$1" =~ ^(ONLINE|RECOVERING|OFFLINE|ERROR)\|(majority|minority)\|(listed|absent)\|([0-9]+)\|([0-9]+)\|(-|[A-Za-z0-9_:,-]*[0-9])$ ]] || return 1
  member_state="${BASH_REMATCH[1]}"
  majority="${BASH_REMATCH[2]}"
  # shellcheck disable=SC2034 # for who sources this
  listed="${BASH_REMATCH[3]}"
  # shellcheck disable=SC2034
  seen="${BASH_REMATCH[4]}"
  # shellcheck disable=SC2034
  online="${BASH_REMATCH[5]}"
  # shellcheck disable=SC2034
  transactions="${BASH_REMATCH[6]}"
}

# Asks another member and sets what read_member does. Returns 1 where it does not say, and 2 where no server listens.
#   $1  its ordinal
ask_member() {
  local answer status=0
  answer=$(ask "$(host_of "$1")" "$member_query" 2>&1) || status=$?
  # Its last line: a warning of the client stands before that.
  if [ "$status" = 0 ] && read_member "${answer##*$'\n'}"; then return 0; fi
  if [ "$status" != 0 ] && nobody_listens "$answer"; then return 2; fi
  return 1
}

# Whether who has just been asked is in a group that can take writes.
in_group() { [ "$member_state" = ONLINE ] && [ "$majority" = majority ]; }

# Has the others find this member where the platform names it to them only once it is well: nobody is in a group, and each waits for an answer of all. One
# that is about to join a group is not to be found before it has: then the next one may be updated.
waiting_since=""
be_found() {
  # What is asked in the moment of the start may not be answered in time.
  waiting_since="${waiting_since:-$SECONDS}"
  if ((SECONDS - waiting_since >= 3)); then touch "${RUN:-/run/mysqld}/waiting"; fi
}

# Says a thing, a line an argument, once until another is to be said; and again every minute.
said=""
said_at=0
say_once() {
  local line
  if [ "$*" != "$said" ] || ((SECONDS - said_at >= 60)); then
    for line in "$@"; do say "$line"; done
    said="$*"
    said_at=$SECONDS
  fi
}
