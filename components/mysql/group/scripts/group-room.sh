# shellcheck shell=bash
# The room on a member's volume. A server whose volume is full keeps its place in the group, and its part: as the primary it lets every write wait, as another
# member it slows all of them down. So it leaves, where the others can do without it, and joins again once there is room. Sourced after group-peers.sh.

run="${RUN:-/run/mysqld}"
# shellcheck source=SCRIPTDIR/../../scripts/volume.sh
. "${SCRIPTS:-/scripts}/volume.sh"

# KiB: with less, one of the server's files may not grow, which it makes larger by up to 16 MiB at a time.
least_room=16384
# KiB that a member which left for want of room begins with again: its server makes temporary files first.
room_again=65536

# For `ops mysql status`: one of primary, secondary, primary-full, secondary-full, full, recovering, joining, waiting or refused.
state() { echo "$1" >"$run/group.new" && mv "$run/group.new" "$run/group"; }

# What room there is on this member's volume: enough, none or unknown.
own_room() {
  local listing least=$least_room
  if [ -e "$run/full" ]; then least=$room_again; fi
  if listing=$(volume_room -k 2>/dev/null) && [[ "$listing" =~ \ +([0-9]+)\ +[0-9]+%\ +/[^$'\n']*$ ]]; then
    if ((BASH_REMATCH[1] < least)); then echo none; else echo enough; fi
  else
    echo unknown
  fi
}

# Says how much room there is, in words.
room_words() {
  local free
  free=$(volume_room -h 2>/dev/null | awk 'NR == 2 {print $4 " of " $2}') || free=""
  echo "${free:-too little} free on this member's volume"
}

# Tells the others, by this member's weight in elections, whether it has room: 0 for none. So they do not choose it as the primary, either. Fails where it could
# not; whoever has only just told it waits for the next time, when the others have told theirs.
#   $1  enough | none
told=""
tell_room() {
  local weight=50
  if [ "$told" = "$1" ]; then return 0; fi
  if [ "$1" = none ]; then weight=0; fi
  if root 10 -e "SET GLOBAL group_replication_member_weight = $weight"; then told="$1"; fi
  return 1
}

# Prints what room each other member has (see decide_room), separated by spaces.
rooms_of_others() {
  local other others weight found all=""
  others=$(other_ordinals) || return 1
  for other in $others; do
    found=unknown
    if ask_member "$other" && in_group && weight=$(ask "$(host_of "$other")" "SELECT @@global.group_replication_member_weight" 2>/dev/null); then
      case "$weight" in
        0) found=full ;;
        50) found=room ;;
      esac
    fi
    all+=" $other:$found"
  done
  echo "${all# }"
}

# For a member that is in the group: tells the others of its room, and sets $short to what follows from it: leave, stay (there is none, and the others cannot do
# without this member), or no: there is enough, or nobody knows, or the others have only just been told. $room says which.
judge_room() {
  local others
  short=no
  room=$(own_room)
  case "$room" in
    enough | none) tell_room "$room" || return 0 ;;
  esac
  if [ "$room" = none ]; then
    others=$(rooms_of_others) || others=""
    # shellcheck disable=SC2034 # for who sources this
    short=$(decide_room "room=$room" "others=$others")
  fi
}

# Waits until there is room, before a server starts that would not come far without it. Where nobody can tell, it starts.
await_room() {
  while [ "$(own_room)" = none ]; do
    touch "$run/full"
    state full
    say_once "there is no room: $(room_words). The server starts once there are $((room_again / 1024)) MiB. How it gets more: npm run ops -- diagnose"
    attended sleep 2
  done
  rm -f "$run/full"
}
