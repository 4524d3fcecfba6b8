#!/bin/bash
# Gives a member of a replicated set its data directory: a new one, a clone, or the one it has. Runs before the server, at each start.
# Whatever is made is made beside its place and becomes the data directory by one rename, so a directory under that name is complete.
#
# MEMBER           this member's name, which ends with its ordinal, for example mysql-2
# MEMBER_NAMES     see members.sh
# INSTALLED, MEMBERS: see set-facts.sh, and in the same way
# RECOVER_FROM     ordinal of the member to recover the source from
# RECOVER_WITHOUT  ordinals of members that are lost for good, separated by commas: what only they had is given up
# REFUSAL_PAUSE    seconds to wait after a refusal, where the platform starts what has ended again at once; default 0
# and what commands.sh needs.
set -euo pipefail
shopt -s inherit_errexit
# A stop must not wait for a clone.
trap 'stop_children || true; say "stopped; what is not complete begins anew at the next start"; exit 143' TERM INT
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/attended.sh
. "$scripts/attended.sh"
# shellcheck source=SCRIPTDIR/volume.sh
. "$scripts/volume.sh"
# shellcheck source=SCRIPTDIR/members.sh
. "$scripts/members.sh"
# shellcheck source=SCRIPTDIR/commands-kubernetes.sh
. "$scripts/commands.sh"
# shellcheck source=SCRIPTDIR/set-facts.sh
. "$scripts/set-facts.sh"

ordinal="${MEMBER##*-}"
say() { echo "member $ordinal: $*"; }
say_lines() { sed "s/^/member $ordinal:   /"; }

# Sets $address and $set to what member $1 said of itself in $members. Fails when it said nothing.
find_member() {
  local other state
  while IFS=$'\t' read -r other address state set; do
    if [ "$other" = "$1" ] && [ -n "$state" ] && [ -n "$set" ]; then return 0; fi
  done <<<"$members"
  return 1
}

# With what the members said in $members, how their transactions compare with those of member $1: sets $ahead to the ordinal of one that has
# more, and $unsure to those of which that is not known, separated by commas.
compare_with() {
  local chosen="$1" address="" set="" own other others_address state missing count without lost=0 answered="," unnamed=() expected
  ahead=""
  unsure=""
  if ! find_member "$chosen"; then
    unsure="$chosen"
    return
  fi
  own="${set#-}"
  while IFS=$'\t' read -r other others_address state set; do
    if [ "$other" = "?" ]; then
      unnamed+=("$others_address")
      continue
    elif [ -z "$other" ]; then
      continue
    fi
    answered+="$other,"
    if [ "$others_address" = "$address" ] || [ "$set" = - ]; then continue; fi
    if ! attended_answer missing ask "$address" "SELECT REPLACE(GTID_SUBTRACT('$set', '$own'), '\n', '')"; then
      unsure+=",$other"
    elif [ -n "$missing" ]; then
      ahead="$other"
    fi
  done <<<"$members"

  # Members that the set has and that said nothing.
  without=$(set_fact recoverWithout RECOVER_WITHOUT) || without=""
  if ! count=$(set_fact members MEMBERS) || ! [[ "$count" =~ ^[1-9][0-9]?$ ]]; then
    unsure+=",members of unknown number"
    count=0
  fi
  for ((expected = 1; expected < count; expected++)); do
    if [[ "$answered" == *",$expected,"* ]]; then continue; fi
    lost=$((lost + 1))
    if [[ ",$without," != *",$expected,"* ]]; then unsure+=",$expected"; fi
  done
  # More addresses than members that are missed: the set has members of which nobody told this one.
  if ((${#unnamed[@]} > lost)); then
    for other in "${unnamed[@]}"; do unsure+=",$other"; done
  fi
  unsure="${unsure#,}"
}

unanswered() { awk -F'\t' '$1 == "?" && $3 == "silent" {print $2}' <<<"$members" | paste -sd, -; }

refuse() {
  local best="" candidate nobody_knows=""
  say "REFUSED, and nothing was changed:"
  case "$1" in
    source-lost | others-have-data)
      say "this is the source, its volume is empty, and the set has run before. A new empty source would cut every replica off from its data."
      if awk -F'\t' '$1 ~ /^[0-9]/ {found = 1} END {exit !found}' <<<"$members"; then
        say "members that answer, with the transactions they have:"
        awk -F'\t' -v me="$ordinal" '$1 ~ /^[0-9]/ {printf "member %s:   member %s at %s: %s\n", me, $1, $2, $4}' <<<"$members"
        while read -r candidate; do
          compare_with "$candidate"
          if [ -z "$ahead" ]; then
            nobody_knows="$unsure"
            if [ -z "$unsure" ]; then best="$candidate"; fi
            break
          fi
        done < <(awk -F'\t' '$1 ~ /^[0-9]/ && $4 != "-" {print $1}' <<<"$members")
      else
        say "no other member answers. Bring one back first: $(list_command)"
      fi
      if [ -n "$nobody_knows" ]; then
        say "of these it is not known what they have, and they may have more: $(in_words "$nobody_knows"). Bring them back first: $(list_command)"
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
    others-unknown)
      say "this is the source, its volume is empty, and it is not known that the set is new: a new empty source would cut every other member off from its data."
      if [ "$installed" != no ]; then say "nobody says whether the set has run before"; fi
      if [ "$members_known" != known ]; then say "the names of its members are not resolved: $MEMBER_NAMES"; fi
      if [ -n "$silent" ]; then say "these do not say what they have: $(in_words "$silent")"; fi
      say "Look at the members, and at the network between them: $(list_command). The next start asks again."
      ;;
    recover-from-itself)
      say "recoverFrom names this member, whose volume is empty. Name one that has the data: $(list_command)"
      ;;
    recover-from-nobody)
      say "recoverFrom is '$recover_from', which is not the ordinal of a member, such as 1. Name one that has the data:"
      { forget_recovery_command && recover_commands ORDINAL; } | say_lines
      ;;
    recover-from-behind)
      say "recoverFrom names member $recover_from, but member $ahead has transactions that member $recover_from lacks. Recover from member $ahead:"
      { forget_recovery_command && recover_commands "$ahead"; } | say_lines
      ;;
    recover-unsure)
      if [ "$members_known" != known ]; then say "the names of the members are not resolved: $MEMBER_NAMES"; fi
      if [ -n "$unsure" ]; then
        say "recoverFrom names member $recover_from, and of these it is not known whether they have transactions that member $recover_from lacks: $(in_words "$unsure")"
        say "Bring them back first: $(list_command)"
        say "If they are lost for good, what only they had is given up with:"
        { forget_recovery_command && recover_commands "$recover_from" "$(tr ',' '\n' <<<"$unsure" | grep -xE '[0-9]+' | paste -sd, -)"; } | say_lines
        say "(or mysql.recoverWithout in the stack's configuration.)"
      fi
      ;;
    unreadable-volume)
      say "$volume cannot be read, so nobody knows what it holds. Can user $(id -u) read the volume?"
      ;;
    foreign-files)
      say "$volume holds files that this program did not make: $(volume_entries | paste -sd' ' -)"
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
  local try donor status members
  attended bash "$scripts/recipient.sh"
  for ((try = 0; try < 720; try++)); do
    # Who answers can give its data; who does not is asked again.
    attended_answer members ask_members || true
    donor=$(choose_donor "$try" <<<"$members")
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
[ -d "$volume/data" ] || volume_writable || exit 1
state=$(volume_state)
installed=no
recover_from=""
members=""
members_known=unknown
ahead=""
unsure=""
before=""

for ((try = 0; try < 150; try++)); do
  if [ "$ordinal" = 0 ] && [ "$state" = empty ]; then
    installed=$(was_installed)
    recover_from=$(set_fact recoverFrom RECOVER_FROM) || recover_from=unknown
    members_known=known
    attended_answer members ask_members || members_known=unknown
    if [[ "$recover_from" =~ ^[1-9] ]]; then compare_with "$recover_from"; fi
  fi
  with_data=$(awk -F'\t' '$1 ~ /^[0-9]/ && $4 != "-" {print $1}' <<<"$members" | paste -sd, -)
  silent=$(unanswered)
  verdict=$(decide_data "ordinal=$ordinal" "volume=$state" "installed=$installed" "recoverFrom=$recover_from" \
    "members=$members_known" "withData=$with_data" "silent=$silent" "ahead=$ahead" "unsure=$unsure")
  case "$verdict" in
    initialise | "recover "*)
      # What makes data, or replaces what was lost, is decided twice: names and servers that come up tell more a moment later.
      if [ "$verdict" != "$before" ]; then
        before="$verdict"
        attended sleep 1
        continue
      fi
      ;;
    *) before="" ;;
  esac
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
      find_member "$recover_from"
      say "recovering the source from member $recover_from, which has $set"
      if ! attended_answer unapplied ask "$address" "SELECT REPLACE(GTID_SUBTRACT(RECEIVED_TRANSACTION_SET, @@global.gtid_executed), '\n', '') FROM performance_schema.replication_connection_status LIMIT 1"; then
        say "member $recover_from does not say whether it has still to apply something; asking again"
        attended sleep 2
        continue
      fi
      if [ -n "$unapplied" ]; then
        if ((try % 5 == 1)); then
          say "member $recover_from has still to apply $unapplied; waiting for it. If its replication has stopped, its restart drops them"
        fi
        attended sleep 2
        continue
      fi
      attended_answer last ask "$address" "SELECT MAX(LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) FROM performance_schema.replication_applier_status_by_worker" || last=""
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
      # The others may be starting too, and what they say later may change the verdict, or makes a better message.
      patient=""
      case "$verdict" in
        *others-unknown | *recover-unsure) patient=yes ;;
        *source-lost) [ -n "$with_data" ] || patient=yes ;;
      esac
      if [ -n "$patient" ] && ((try < 10)); then
        if ((try == 0)); then say "this volume is empty, and not every member says what it has; asking again"; fi
        attended sleep 2
        continue
      fi
      refuse "${verdict#refuse }"
      ;;
  esac
done
say "gave up after $try tries; the next start goes on"
exit 1
