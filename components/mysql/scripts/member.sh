#!/bin/bash
# Gives a member of a replicated set its data directory: a new one, a clone, or the one it has. Runs before the server, at each start.
# Whatever is made is made beside its place and becomes the data directory by one rename, so a directory under that name is complete.
#
# MEMBER         this member's name, which ends with its ordinal, for example mysql-2
# MEMBER_NAMES   see members.sh
# INSTALLED      "yes" when the set has been up before, where no file says so
# RECOVER_FROM   ordinal of the member to recover the source from, where no file says so
# REFUSAL_PAUSE  seconds to wait after a refusal, where the platform starts what has ended again at once; default 0
# and what commands.sh needs.
set -euo pipefail
# shellcheck source=SCRIPTDIR/decide.sh
. "${SCRIPTS:-/scripts}/decide.sh"
# shellcheck source=SCRIPTDIR/members.sh
. "${SCRIPTS:-/scripts}/members.sh"
# shellcheck source=SCRIPTDIR/commands-kubernetes.sh
. "${SCRIPTS:-/scripts}/commands.sh"

scripts="${SCRIPTS:-/scripts}"
volume=/var/lib/mysql
set_facts=/etc/ghost-platform/set
ordinal="${MEMBER##*-}"
say() { echo "member $ordinal: $*"; }
say_lines() { sed "s/^/member $ordinal:   /"; }

# Children run in the background: bash runs a trap only between foreground commands, and a stop must not wait for a clone.
child=""
trap 'say "stopped; what is not complete begins anew at the next start"; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null; exit 143' TERM INT
attended() {
  "$@" &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=""
  return "$status"
}

volume_state() {
  if [ -d "$volume/data" ]; then
    if [ -e "$volume/stale" ]; then echo stale; else echo data; fi
    return
  fi
  local entry
  for entry in "$volume"/*; do
    case "${entry##*/}" in
      "*" | init.tmp | clone.tmp | recipient.new | recipient.tmp | stale | lost+found) ;;
      *) echo foreign && return ;;
    esac
  done
  echo empty
}

# A clone that was complete when the last start was interrupted.
adopt_clone() {
  if [ -d "$volume/clone.done" ]; then
    rm -rf "$volume/data"
    mv "$volume/clone.done" "$volume/data"
    rm -f "$volume/stale"
    sync
    say "the clone is the data directory now"
  fi
}

# With the members in $members: the ordinal of one whose transactions $1 does not all have.
member_ahead_of() {
  local chosen="$1" address own other set missing
  IFS=$'\t' read -r address own < <(awk -F'\t' -v o="$chosen" '$1 == o {print $2 "\t" $4; exit}' <<<"$members") || return 0
  while IFS=$'\t' read -r other _ _ set; do
    if [ "$other" != "$chosen" ] && [ "$other" != "?" ] && [ "$set" != - ]; then
      missing=$(ask "$address" "SELECT REPLACE(GTID_SUBTRACT('$set', '${own#-}'), '\n', '')")
      if [ -n "$missing" ]; then
        echo "$other" && return
      fi
    fi
  done <<<"$members"
}

refuse() {
  local best="" candidate
  say "REFUSED, and nothing was changed:"
  case "$1" in
    source-lost | others-have-data)
      say "this is the source, its volume is empty, and the set has run before. A new empty source would cut every replica off from its data."
      if [ -n "$members" ]; then
        say "members that answer, with the transactions they have:"
        awk -F'\t' -v me="$ordinal" '{printf "member %s:   member %s at %s: %s\n", me, $1, $2, $4}' <<<"$members"
        while read -r candidate; do
          if [ -z "$(member_ahead_of "$candidate")" ]; then best="$candidate" && break; fi
        done < <(awk -F'\t' '$1 != "?" && $4 != "-" {print $1}' <<<"$members")
      else
        say "no other member answers. Bring one back first: $(list_command)"
      fi
      if [ -n "$best" ]; then
        say "to bring writes back from member $best, which has all that any of these has:"
      else
        say "to bring writes back from a member of your choice:"
      fi
      recover_commands "${best:-ORDINAL}" | say_lines
      say "(or mysql.recoverFrom: ${best:-ORDINAL} in the stack's configuration.) Lost is what the source had acknowledged and not yet sent to that member."
      say "If there is nothing to keep: $(forget_set_command)"
      ;;
    recover-from-itself)
      say "recoverFrom names this member, whose volume is empty. Name one that has the data: $(list_command)"
      ;;
    recover-from-behind)
      say "recoverFrom names member $recover_from, but member $ahead has transactions that member $recover_from lacks. Recover from member $ahead:"
      { forget_recovery_command && recover_commands "$ahead"; } | say_lines
      ;;
    foreign-files)
      say "$volume holds files that this program did not make: $(cd "$volume" && echo *)"
      say "Was this volume another server's? Give this member an empty one:"
      empty_volume_commands | say_lines
      ;;
    *) say "$1. This is a mistake in the program" ;;
  esac
  attended sleep "${REFUSAL_PAUSE:-0}"
  exit 1
}

# Clones from whoever can give its data, for as long as it takes until one can.
clone_from_any() {
  local try donor status
  attended bash "$scripts/recipient.sh"
  for ((try = 0; try < 720; try++)); do
    donor=$(ask_members | choose_donor "$try")
    if [ -z "$donor" ]; then
      if ((try % 6 == 0)); then say "waiting for the source, or a replica that replicates, to clone from"; fi
      attended sleep 2
      continue
    fi
    status=0
    attended bash "$scripts/clone.sh" "$donor" || status=$?
    case "$status" in
      0) return 0 ;;
      75) attended sleep 3 ;;
      *) exit 1 ;;
    esac
  done
  say "no member could give its data. See what they say: $(list_command)"
  exit 1
}

adopt_clone
state=$(volume_state)
installed=no
recover_from=""
members=""
ahead=""
if [ "$ordinal" = 0 ] && [ "$state" = empty ]; then
  if [ -e "$set_facts/installed" ] || [ "${INSTALLED:-}" = yes ]; then installed=yes; fi
  recover_from=$(tr -dc 0-9 <<<"${RECOVER_FROM:-}")
  if [ -e "$set_facts/recoverFrom" ]; then recover_from=$(tr -dc 0-9 <"$set_facts/recoverFrom"); fi
fi

for ((try = 0; try < 150; try++)); do
  if [ "$ordinal" = 0 ] && [ "$state" = empty ]; then
    members=$(ask_members)
    if [ -n "$recover_from" ]; then ahead=$(member_ahead_of "$recover_from"); fi
  fi
  with_data=$(awk -F'\t' '$4 != "-" && NF {print $1}' <<<"$members" | paste -sd, -)
  verdict=$(decide_data "ordinal=$ordinal" "volume=$state" "installed=$installed" "recoverFrom=$recover_from" \
    "withData=$with_data" "ahead=$ahead")
  case "$verdict" in
    start)
      say "the data directory is complete"
      exit 0
      ;;
    initialise)
      say "a new set: nobody has data, and it has not run before"
      rm -rf "$volume/clone.tmp" "$volume"/recipient.{new,tmp} "$volume/stale"
      attended bash "$scripts/initialise.sh"
      exit
      ;;
    clone)
      if [ "$state" = stale ]; then say "replacing data that is too old to catch up"; fi
      clone_from_any
      adopt_clone
      exit 0
      ;;
    "recover "*)
      address=$(awk -F'\t' -v o="$recover_from" '$1 == o {print $2; exit}' <<<"$members")
      say "recovering the source from member $recover_from, which has $(awk -F'\t' -v o="$recover_from" '$1 == o {print $4; exit}' <<<"$members")"
      last=$(ask "$address" "SELECT MAX(LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) FROM performance_schema.replication_applier_status_by_worker")
      unapplied=$(ask "$address" "SELECT REPLACE(GTID_SUBTRACT(RECEIVED_TRANSACTION_SET, @@global.gtid_executed), '\n', '') FROM performance_schema.replication_connection_status LIMIT 1")
      if [ -n "$unapplied" ]; then
        if ((try % 5 == 0)); then
          say "member $recover_from has still to apply $unapplied; waiting for it. If its replication has stopped, its restart drops them"
        fi
        attended sleep 2
        continue
      fi
      case "$last" in
        "" | NULL | 0000*) say "member $recover_from does not know when its last transaction was committed" ;;
        *) say "its last transaction was committed on the old source at $last UTC. What the old source committed after that is lost" ;;
      esac
      status=0
      attended bash "$scripts/clone.sh" "$address" || status=$?
      if [ "$status" = 75 ]; then attended sleep 3 && continue; fi
      [ "$status" = 0 ] || exit 1
      adopt_clone
      say "recovered. Now forget the wish: $(forget_recovery_command) (or remove mysql.recoverFrom)"
      exit 0
      ;;
    "wait "*)
      if ((try % 5 == 0)); then say "recoverFrom names member $recover_from, which does not answer yet"; fi
      attended sleep 2
      ;;
    "refuse "*)
      # The others may be starting too, and the message is better with what they have.
      if [ "$verdict" = "refuse source-lost" ] && [ -z "$members" ] && ((try < 10)); then
        if ((try == 0)); then say "this volume is empty but the set has run before; asking the other members"; fi
        attended sleep 2
        continue
      fi
      refuse "${verdict#refuse }"
      ;;
  esac
done
say "gave up after $try tries; the next start goes on"
exit 1
