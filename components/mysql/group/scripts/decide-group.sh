#!/bin/bash
# What a member of a group does, given what is known about it and the others: pure functions, sourced by the scripts that collect the facts and
# carry out the verdict. Facts are key=value arguments; the verdict is the one line that is printed.
#
# Terms: a group is what MySQL's Group Replication makes of the members that see each other; its primary alone takes writes. Who of them is in the
# group, and who is the primary, the group decides. What is decided here is how a member comes to be in it.
#
# What holds, whoever fails to answer, and whenever:
#   1. A fact is yes, no or unknown. A question that failed, took too long, or was answered by half a line is unknown, never "no".
#   2. There is one group at a time. A member that makes one (bootstraps) has seen every other member be in none; where one does not answer, nobody
#      makes a group but by a person's order, which names who does.
#   3. Whoever makes a group has every transaction that any member has executed or received, since those may have been acknowledged.
#   4. A member without data never makes a group, but for the first member of a set that has never been up.
#   5. A member whose transactions the group lacks does not join it, and nobody throws them away but a person.
#   6. On unknown nothing is made, replaced or thrown away: the verdict is to wait, and the log says for whom.
#   7. A member leaves for want of room only where more than half of all members are in the group without it, and have room.

# Before the server runs: where does the data directory come from?
#
#   ordinal=N
#   volume=     empty | data | stale | foreign | unknown: see volume_state
#   installed=  yes|no|unknown  whether the set has been up before; kept outside every volume
#   group=      here     a member is in a group that has a majority
#               none     every other member says that it is in none, or has no server yet
#               unknown  anything else
#   withData=   ordinals of the others that have transactions, separated by commas
#
# Verdicts: start | initialise | clone | wait REASON | refuse REASON
decide_group_data() {
  local ordinal="" volume="" installed="" group="" withData=""
  local "$@"
  if ! [[ "$ordinal" =~ ^(0|[1-9][0-9]*)$ && "$installed" =~ ^(yes|no|unknown)$ && "$group" =~ ^(here|none|unknown)$ ]]; then
    echo "refuse unknown-facts"
    return
  fi
  case "$volume" in
    data | stale) echo "start" ;;
    foreign) echo "refuse foreign-files" ;;
    unknown) echo "refuse unreadable-volume" ;;
    empty)
      if [ "$group" = here ]; then
        echo "clone"
      elif [ "$ordinal" != 0 ] || [ "$installed" = yes ]; then
        echo "wait group"
      elif [ "$installed" != no ]; then
        echo "wait installed"
      elif [ -n "$withData" ]; then
        echo "wait others-have-data"
      elif [ "$group" != none ]; then
        echo "wait silent"
      else
        echo "initialise"
      fi
      ;;
    *) echo "refuse unknown-facts" ;;
  esac
}

# While the server runs and is in no group: may it be?
#
#   ordinal=N
#   own=        known|unknown  whether it is known which transactions this member has
#   past=       never     these data have been in no group, and are no copy of a group's: they are new, another topology's, or out of a backup
#               alone     in a group of this member alone
#               together  in one with others, or nobody knows
#   order=      yes|no    whether a person has ordered this member to make a group
#   room=       enough|none|unknown  what there is on its volume
#   others=     for each other member of the set, separated by spaces, ORDINAL:
#               group     is in a group that has a majority and every transaction of this member
#               listed    is in one that still counts a former life of this member in
#               errant    is in one that lacks transactions of this member
#               waiting   is in one that has no majority, or is about to be in one
#               same, less, more, apart: is in none, and has the same transactions as this member, only some of them, those and more, or each of the
#                         two lacks some of the other's
#               down      no server listens where it is
#               unknown   anything else
#
# Verdicts: join | bootstrap | wait REASON [ORDINALS] | refuse REASON ORDINALS
decide_group() {
  local ordinal="" own="" past="" order="" room="" others=""
  local "$@"
  local other state before="" fresh=yes
  declare -A found=()
  if ! [[ "$ordinal" =~ ^(0|[1-9][0-9]*)$ && "$own" =~ ^(known|unknown)$ && "$past" =~ ^(never|alone|together)$ &&
    "$order" =~ ^(yes|no)$ && "$room" =~ ^(enough|none|unknown)$ && -n "$others" ]]; then
    echo "wait unknown-facts"
    return
  fi
  for other in $others; do
    state="${other#*:}"
    other="${other%%:*}"
    case "$state" in
      group | listed | errant | waiting | same | less | more | apart | down | unknown) ;;
      *) state=unknown ;;
    esac
    found[$state]+="${found[$state]:+,}$other"
    case "$state" in
      down | same | less) ;;
      *) fresh=no ;;
    esac
    if [ "$state" = same ] && [ "$other" -lt "$ordinal" ]; then before="${before:-$other}"; fi
  done
  if [ "$own" != known ]; then
    echo "wait own"
  elif [ -n "${found[errant]:-}" ]; then
    echo "refuse errant ${found[errant]}"
  elif [ "$room" = none ]; then
    echo "wait room"
  elif [ -n "${found[listed]:-}" ]; then
    echo "wait listed ${found[listed]}"
  elif [ -n "${found[group]:-}" ]; then
    echo "join"
  elif [ -n "${found[waiting]:-}" ]; then
    echo "wait majority ${found[waiting]}"
  elif [ "$order" = yes ]; then
    echo "bootstrap"
  elif [ "$ordinal" = 0 ] && [ "$past" != together ] && [ "$fresh" = yes ]; then
    # Nobody was ever in a group with these data: what others lack, they were never told to keep. Whether the set has been up does not count: that was with
    # another topology, or before its data were lost and brought back from a backup.
    echo "bootstrap"
  elif [ -n "${found[unknown]:-}${found[down]:-}" ]; then
    echo "wait silent ${found[unknown]:-}${found[down]:+${found[unknown]:+,}${found[down]}}"
  elif [ -n "${found[apart]:-}" ]; then
    echo "refuse apart ${found[apart]}"
  elif [ -n "${found[more]:-}" ]; then
    echo "wait more ${found[more]}"
  elif [ -n "$before" ]; then
    echo "wait before $before"
  else
    echo "bootstrap"
  fi
}

# While the server is in the group, and its volume has no room: does it leave?
#
#   room=       enough|none|unknown  what there is on its volume
#   others=     for each other member of the set, separated by spaces, ORDINAL:
#               room     is in a group that has a majority, and has room
#               full     is in one, and has none
#               unknown  anything else
#
# Verdicts: leave | stay
decide_room() {
  local room="" others=""
  local "$@"
  local other able=0 all=1
  for other in $others; do
    all=$((all + 1))
    if [ "${other#*:}" = room ]; then able=$((able + 1)); fi
  done
  if [ "$room" = none ] && [ $((able * 2)) -gt "$all" ]; then echo "leave"; else echo "stay"; fi
}
