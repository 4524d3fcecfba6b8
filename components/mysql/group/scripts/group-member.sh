#!/bin/bash
# Gives a member of a group its data directory: a new one, a clone of another member's, or the one it has. Runs before the server, at each start.
# Whatever is made is made beside its place and becomes the data directory by one rename, so a directory under that name is complete.
#
# MEMBER, MEMBER_HOSTS  see group-peers.sh
# INSTALLED, MEMBERS    see set-facts.sh
# and what commands.sh needs.
set -euo pipefail
shopt -s inherit_errexit
# A stop must not wait for a clone.
trap 'stop_children || true; say "stopped; what is not complete begins anew at the next start"; exit 143' TERM INT
say() { echo "member $ordinal: $*"; }
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/../../scripts/attended.sh
. "$scripts/attended.sh"
# shellcheck source=SCRIPTDIR/../../scripts/volume.sh
. "$scripts/volume.sh"
# shellcheck source=SCRIPTDIR/group-peers.sh
. "$scripts/group-peers.sh"
# shellcheck source=SCRIPTDIR/decide-group.sh
. "$scripts/decide-group.sh"
# shellcheck source=SCRIPTDIR/../../scripts/commands-kubernetes.sh
. "$scripts/commands.sh"

# Asks the others, and prints whether there is a group (see decide_group_data), who has transactions, and who could give its data: each
# as ordinals separated by commas, the three separated by spaces, "-" for nobody.
ask_others() {
  local other others found=none with_data="" able=""
  others=$(other_ordinals) || { echo "unknown - -" && return; }
  for other in $others; do
    local status=0
    ask_member "$other" || status=$?
    case "$status" in
      0)
        if [ "$transactions" != - ]; then with_data+="${with_data:+,}$other"; fi
        if in_group; then
          found=here
          able+="${able:+,}$other"
        elif [ "$member_state" = ONLINE ] || [ "$member_state" = RECOVERING ]; then
          if [ "$found" = none ]; then found=unknown; fi
        fi
        ;;
      2) ;;
      *) if [ "$found" = none ]; then found=unknown; fi ;;
    esac
  done
  echo "$found ${with_data:--} ${able:--}"
}

# Clones from one of the members that could give its data, another one at each try.
#   $1  their ordinals, separated by commas
#   $2  number of the try
clone_from() {
  local all
  IFS=, read -r -a all <<<"$1"
  attended bash "$scripts/clone.sh" "$(host_of "${all[$(($2 % ${#all[@]}))]}")"
}

# Takes over a complete copy of another member's data, which are those of a group (see `past` of join-group.sh).
adopt_copy() {
  if [ -d "$volume/clone.done" ]; then echo together >"$volume/clone.done/group-past"; fi
  adopt_clone
}

adopt_copy
[ -d "$volume/data" ] || volume_writable || exit 1
rm -f "$volume/stale"
before=""
for ((try = 0; ; try++)); do
  state=$(volume_state)
  installed=no
  found=unknown
  with_data=-
  donors=-
  if [ "$state" = empty ]; then
    installed=$(was_installed)
    attended_answer answer ask_others || answer="unknown - -"
    read -r found with_data donors <<<"$answer"
  fi
  verdict=$(decide_group_data "ordinal=$ordinal" "volume=$state" "installed=$installed" "group=$found" "withData=${with_data#-}")
  case "$verdict" in
    start)
      say "the data directory is complete"
      exit 0
      ;;
    initialise)
      # What makes data is decided twice: names and servers that come up tell more a moment later.
      if [ "$before" = initialise ]; then
        say "a new group: nobody has data, and it has not been up before"
        rm -rf "$volume/clone.tmp" "$volume"/recipient.{new,tmp}
        attended bash "$scripts/initialise.sh"
        exit
      fi
      attended sleep 1
      ;;
    clone)
      status=0
      clone_from "$donors" "$try" || status=$?
      case "$status" in
        0) adopt_copy ;;
        75) attended sleep 3 ;;
        *) exit 1 ;;
      esac
      ;;
    wait\ *)
      be_found
      case "$verdict" in
        *group)
          say_once "this volume is empty; waiting for a group to copy the data of. What the others do: $(list_command)"
          ;;
        *installed) say_once "nobody says whether this set has been up before, so this first member makes nothing; asking again" ;;
        *others-have-data)
          say_once "this first member's volume is empty, and others have data: $(in_words "$with_data"). Waiting for them to make a group. What they do: $(list_command)"
          ;;
        *) say_once "this volume is empty, and not every member says whether it has data; asking again: $(list_command)" ;;
      esac
      attended sleep 2
      ;;
    refuse\ *)
      say "REFUSED, and nothing was changed:"
      case "$verdict" in
        *unreadable-volume) say "$volume cannot be read, so nobody knows what it holds. Can user $(id -u) read the volume?" ;;
        *foreign-files)
          say "$volume holds files that this program did not make: $(volume_entries | paste -sd' ' -)"
          say "Was this volume another server's? Give this member an empty one:"
          empty_volume_commands | while read -r line; do say "  $line"; done
          ;;
        *) say "${verdict#refuse }. This is a mistake in the program" ;;
      esac
      exit 1
      ;;
  esac
  before="$verdict"
done
