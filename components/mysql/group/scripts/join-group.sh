#!/bin/bash
# Brings a member into the group whenever it is in none, or has the members make one. Runs beside its server, which does neither by itself. Once this
# member is the primary, gives the server the stack's databases and their users.
#
# MEMBER, MEMBER_HOSTS  see group-peers.sh
# and what commands.sh needs.
set -euo pipefail
shopt -s inherit_errexit
say() { echo "group: $*"; }
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/../../scripts/volume.sh
. "$scripts/volume.sh"
# shellcheck source=SCRIPTDIR/group-peers.sh
. "$scripts/group-peers.sh"
# shellcheck source=SCRIPTDIR/group-room.sh
. "$scripts/group-room.sh"
# shellcheck source=SCRIPTDIR/decide-group.sh
. "$scripts/decide-group.sh"
# shellcheck source=SCRIPTDIR/../../scripts/commands-kubernetes.sh
. "$scripts/commands.sh"

run="${RUN:-/run/mysqld}"
past_file="$volume/data/group-past"

# Runs a client of this member's own server.
#   $1  seconds it may take
#   $@  its arguments
root() { timeout --kill-after=1 "$1" mysql "--defaults-file=$secrets/root.cnf" --connect-timeout=5 -NBr "${@:2}"; }
ask_own() { whole_answer root 10 -e "$1; SELECT '$end_mark'"; }

# What one set of transactions has that another lacks; "-" stands for none. Fails when that is not known.
lacking() { ask_own "SELECT REPLACE(GTID_SUBTRACT('${1#-}', '${2#-}'), '\n', '')"; }

# What these data have been through; what cannot be read is the worst.
past() {
  if [ ! -e "$past_file" ]; then
    echo never
  else
    grep -xE 'alone|together' "$past_file" || echo together
  fi
}
note_past() {
  [ "$(past)" != "$1" ] || return 0
  echo "$1" >"$past_file.new"
  sync "$past_file.new"
  mv "$past_file.new" "$past_file"
  sync "$(dirname "$past_file")"
}

# Prints what each other member is to this one (see decide_group), separated by spaces.
#   $1  the transactions that this member has
compare_with_others() {
  local own="$1" other others status mine theirs state all=""
  others=$(other_ordinals) || return 1
  for other in $others; do
    status=0
    ask_member "$other" || status=$?
    state=unknown
    case "$status" in
      0)
        # In this order: a group's transactions only grow, so what it lacks now it lacked before.
        if mine=$(lacking "$own" "$transactions") && theirs=$(lacking "$transactions" "$own"); then
          if in_group; then
            if [ -n "$mine" ]; then
              state=errant
            elif [ "$listed" = listed ]; then
              state=listed
            else
              state=group
            fi
          elif [ "$member_state" = ONLINE ] || [ "$member_state" = RECOVERING ]; then
            state=waiting
          elif [ -n "$mine" ] && [ -n "$theirs" ]; then
            state=apart
          elif [ -n "$mine" ]; then
            state=less
          elif [ -n "$theirs" ]; then
            state="more"
          else
            state=same
          fi
        fi
        ;;
      2) state=down ;;
    esac
    all+=" $other:$state"
  done
  echo "${all# }"
}

# Starts Group Replication with the password that everybody takes: while passwords are rotated, the former one until each member has restarted. It is led to
# those that answer: for a name that nobody has now the server asks twice, for up to 20 s each.
#   $1  statements before that
#   $2  statements after it
start_group() {
  local password="" other others seeds agreed=no
  others=$(other_ordinals)
  seeds="$(host_of "$ordinal"):3306"
  password=$(password_for group 127.0.0.1)
  for other in $others; do
    if ask_member "$other"; then
      seeds+=",$(host_of "$other"):3306"
      if [ "$agreed" = no ]; then password=$(password_for group "$(host_of "$other")"); fi
      if [ "$password" != "$(head -n 1 "$secrets/group-password")" ]; then agreed=yes; fi
    fi
  done
  # What the server says goes to its own log; what the client says could have the statement in it.
  root 120 <<<"SET GLOBAL group_replication_group_seeds = '$seeds';
$1
START GROUP_REPLICATION USER = 'group', PASSWORD = '$password';
$2" 2>&1 | sed "s/$password/(password)/g"
}

# Leaves what is no group any more. Where the others are gone, the server waits for them for minutes; it is started again instead, which takes seconds and
# loses nothing: what it has acknowledged and received is on its disk.
leave() {
  if root 5 -e "STOP GROUP_REPLICATION" >/dev/null 2>&1; then return; fi
  say "the server does not leave: starting it again"
  touch "$run/restart"
  kill -KILL "$(<"$run/mysqld.pid")"
}

# Gives the server the databases of the stack and their users, as the primary, where it has not got them. Only then: while it changes who may log in, the
# server lets nobody in, a member that is just joining neither, whose answer the change waits for.
provisioned=""
provision() {
  local stands
  if [ "$provisioned" = yes ]; then return; fi
  if ! stands=$(root 10 <"$secrets/standing.sql") || [ -z "$stands" ]; then return; fi
  if [ "$stands" = 1 ]; then
    provisioned=yes
    say "this member is the primary"
  elif root 120 <"$secrets/databases.sql"; then
    provisioned=yes
    say "this member is the primary; it has taken over the stack's databases and their users"
  else
    say_once "this member is the primary, and does not take the stack's databases and users; trying again"
  fi
}

ordered() { if [ -e "$run/bootstrap" ]; then echo yes; else echo no; fi; }

before=""
searching_since=$SECONDS
recovering_since=$SECONDS
bootstrapped=no
while :; do
  sleep 1
  if [ -e "$run/leaving" ]; then continue; fi
  if ! answer=$(ask_own "$member_query" 2>/dev/null) || ! read_member "$answer"; then
    before=""
    continue
  fi
  case "$member_state" in
    ONLINE)
      before=""
      bootstrapped=no
      searching_since=$SECONDS
      rm -f "$run/bootstrap"
      if [ "$seen" -gt 1 ]; then note_past together; fi
      if [ "$majority" != majority ]; then
        state waiting
        provisioned=""
        continue
      fi
      part=secondary
      if [ "$(ask_own "SELECT @@global.super_read_only")" = 0 ]; then part=primary; fi
      judge_room
      if [ "$short" = leave ]; then
        say "there is no room: $(room_words). The other members have room: leaving the group until this one has, so that they go on without it"
        state full
        touch "$run/full"
        # A primary whose writes wait for room already cannot hand its part over.
        timeout --kill-after=1 5 bash "$scripts/hand-over.sh" >/dev/null 2>&1 || true
        leave
      elif [ "$short" = stay ]; then
        state "$part-full"
        say_once "there is no room: $(room_words), and too few of the other members are known to have any. Staying in the group; writes wait until there is room. How it gets more: npm run ops -- diagnose"
      elif [ "$part" = primary ]; then
        state primary
        if [ "$room" != none ]; then provision; fi
      else
        state secondary
        provisioned=""
      fi
      continue
      ;;
    RECOVERING)
      before=""
      state recovering
      if [ "$online" -gt 0 ] || [ "$bootstrapped" = yes ]; then
        recovering_since=$SECONDS
        say_once "in the group, catching up"
      elif ((SECONDS - recovering_since >= 10)); then
        say "those that this member was catching up with have left; leaving, too, so that who has everything makes the group"
        leave
      fi
      continue
      ;;
    # What it says now of its transactions is said again once it has left.
    ERROR)
      state waiting
      say "Group Replication has given up; leaving, and joining anew. Its reason stands in the server's log above"
      leave
      before=""
      continue
      ;;
  esac
  provisioned=""
  bootstrapped=no
  told=""
  recovering_since=$SECONDS
  room=$(own_room)
  if [ "$room" = none ]; then touch "$run/full"; else rm -f "$run/full"; fi
  others=$(compare_with_others "$transactions") || others=""
  order=$(ordered)
  verdict=$(decide_group "ordinal=$ordinal" own=known "past=$(past)" "order=$order" "room=$room" "others=$others")
  read -r act reason who <<<"$verdict "
  case "$reason" in
    silent | apart | more | before) be_found ;;
  esac
  case "$act" in
    join | bootstrap) state joining ;;
    wait) if [ "$reason" = room ]; then state full; else state waiting; fi ;;
    refuse) state refused ;;
  esac
  case "$act" in
    join)
      note_past together
      say "joining the group"
      start_group "" "" || say_once "the group did not take this member; the reason stands in the server's log above. Trying again"
      ;;
    bootstrap)
      # Decided twice, with the same facts: what comes up tells more a moment later.
      if [ "$before" != "$verdict $others" ]; then
        before="$verdict $others"
        continue
      fi
      rm -f "$run/bootstrap"
      if [ "$order" = yes ] || [ "$(past)" = together ]; then note_past together; else note_past alone; fi
      say "making the group$(if [ "$order" = yes ]; then echo ", as a person has ordered"; fi): the others are $others"
      bootstrapped=yes
      start_group "SET GLOBAL group_replication_bootstrap_group = ON;" "SET GLOBAL group_replication_bootstrap_group = OFF;" ||
        say_once "the group could not be made; the reason stands in the server's log above. Trying again"
      root 10 -e "SET GLOBAL group_replication_bootstrap_group = OFF" || true
      ;;
    wait)
      case "$reason" in
        room) say_once "there is no room: $(room_words). Joining the group once there are $((room_again / 1024)) MiB. How it gets more: npm run ops -- diagnose" ;;
        listed) say_once "the group still counts a former life of this member in; joining once it has let go" ;;
        majority) say_once "waiting: member $(in_words "$who") is in a group that has no majority now" ;;
        more) say_once "waiting for member $(in_words "$who"), which has transactions that this one lacks, to make the group" ;;
        before) say_once "waiting for member $who, which has the same transactions, to make the group" ;;
        silent)
          # They may be starting, too.
          if ((SECONDS - searching_since < 30)); then
            say_once "nobody is in a group yet, and of these it is not known what they have: member $(in_words "$who")"
            continue
          fi
          say_once "nobody is in a group, and of these it is not known what they have: member $(in_words "$who"). With all of them back, the group is made by itself: $(list_command)" \
            "If they are lost for good: what only they had acknowledged is given up by ordering this member to make the group:" \
            "  $(order_command)"
          ;;
        *) say_once "waiting for a whole answer of this member's own server" ;;
      esac
      ;;
    refuse)
      case "$reason" in
        errant)
          say_once "REFUSED to join: this member has transactions that the group lacks. Nothing was changed; it serves nobody." \
            "To give them up, and have this member's data replaced by a copy of the group's:" "  $(empty_volume_commands | paste -sd';' -)"
          ;;
        *)
          say_once "REFUSED: nobody is in a group, and this member and member $(in_words "$who") each have transactions that the other lacks. Nothing was changed." \
            "Order the one whose data are right to make the group, then give the others empty volumes:" \
            "  $(order_command MEMBER)"
          ;;
      esac
      ;;
  esac
  before=""
done
