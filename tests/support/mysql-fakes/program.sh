#!/bin/sh
# Stands in for mysql, mysqld, mysqladmin, getent and df, by the name it is called with: answers from the files of $WORLD what a set would answer,
# writes down in $WORLD/questions what it was asked and in $WORLD/done what it did, and fails at the question that $FAILING names.
#
#   FAILING  number of a question, or its text for each time it is asked; empty: none
#   HOW      fails|hangs|half
# For sleep and timeout: what may take seconds may take $LIMIT, a second of sleep is a hundredth, and whoever has slept $PATIENCE times is told
# to stop.
program=${0##*/}

# Counts up what a file of that name holds.
counted() {
  count=0
  [ ! -e "$WORLD/$1" ] || read -r count <"$WORLD/$1"
  count=$((count + 1))
  echo "$count" >"$WORLD/$1"
}
case $program in
  sync) exit 0 ;;
  # Where it does not matter what room there is.
  df) if [ ! -e "$WORLD/room" ]; then exec /bin/df "$@"; fi ;;
  timeout)
    options=
    while :; do
      case $1 in
        --kill-after=*) shift ;;
        --*) options=$1 && shift ;;
        *) break ;;
      esac
    done
    shift
    [ "${HOW:-}" = hangs ] || exec "$@"
    # shellcheck disable=SC2086 # none, or one
    exec /usr/bin/timeout --kill-after=0.1 $options "$LIMIT" "$@"
    ;;
  sleep)
    case $1 in
      0.[12]) exec /bin/sleep 0.002 ;;
    esac
    counted slept
    if [ "$count" -ge "$PATIENCE" ]; then read -r pid <"$WORLD/pid" && kill -TERM "$pid"; fi
    exec /bin/sleep 0.03
    ;;
esac

name=${2-}
address=
group=
for argument; do
  case $argument in
    --host=*) address=${argument#--host=} ;;
    --defaults-group-suffix=*) group=${argument#*=} ;;
    --datadir=*) directory=${argument#--datadir=} ;;
  esac
done
# The last argument of mysql is SQL, unless that comes on standard input.
case $program$* in
  mysql*" -NBre "* | mysql*" -e "*) for sql; do :; done ;;
  mysql--*) sql=$(cat) ;;
  *) sql= ;;
esac
case $program$* in
  # Which options it takes, and what they come to, it says by its end alone.
  mysqld*--validate-config* | mysqld*--help*) exit 0 ;;
  mysqld*--version*) question=version ;;
  getent*) question="names $name" ;;
  df*) question=room ;;
  mysqld*--initialize*) question="initialise ${directory##*/}" ;;
  mysqld*) question=serve ;;
  mysqladmin*shutdown*) question=shutdown ;;
  mysqladmin*) question=ping ;;
  *)
    case $sql in
      *"CONCAT_WS('|'"*) question="member ${address:-own}" ;;
      *"bootstrap_group = ON"*) question="make" ;;
      *"START GROUP_REPLICATION"*) question="join" ;;
      *"STOP GROUP_REPLICATION"*) question="leave" ;;
      *"bootstrap_group = OFF"*) question="reset" ;;
      *"member_weight = "*) question="tell${sql##*=}" ;;
      *member_weight*) question="weight $address" ;;
      *super_read_only*) question="writable" ;;
      *standing*) question="standing" ;;
      *"CREATE DATABASE"*) question="provision" ;;
      *@@server_id*) question="facts $address" ;;
      *"CLONE INSTANCE"*) question="clone" ;;
      *"START REPLICA"*) question="join" ;;
      *"STOP REPLICA"*) question="part" ;;
      *"SHOW REPLICA STATUS"*) question="status" ;;
      *"(RECEIVED_TRANSACTION_SET"*) question="unapplied $address" ;;
      *LAST_APPLIED*) question="last $address" ;;
      *"CONCAT_WS(';'"*) question="sets $address" ;;
      *"GTID_SUBTRACT('"*)
        pair=${sql#*SUBTRACT(\'}
        pair=${pair%%\')*}
        question="compare ${address:-own} ${pair%%\'*} ${pair##*\'}"
        ;;
      *gtid_executed*) question="set ${address:-own}" ;;
      *) question="login $address" ;;
    esac
    ;;
esac
[ -z "$group" ] || question="$question$group"
echo "$question" >>"$WORLD/questions"
failing=
counted asked
if [ "${FAILING:-}" = "$question" ] || [ "${FAILING:-}" = "$count" ]; then failing=$HOW; fi

case $failing$program in
  hangs*) exec /bin/sleep 60 ;;
  failsmysql) echo "ERROR 1040 (HY000): Too many connections" >&2 && exit 1 ;;
  fails*) exit 1 ;;
esac

refused() { echo "ERROR 1045 (28000): Access denied for user 'monitor'@'10.0.0.1' (using password: YES)" >&2 && exit 1; }

# What the transactions u:1-N of one set are without those of another.
subtracted() {
  first=${1#u:1-}
  second=${2#u:1-}
  if [ "${first:-0}" -gt "${second:-0}" ]; then echo "u:$((second + 1))-$first"; else echo; fi
}

told() {
  while read -r line; do echo "$line"; done <"$WORLD/$1"
}

answer() {
  case $question in
    version) echo "/usr/sbin/mysqld  Ver ${MYSQL_VERSION:-9.7.4}-2 for Linux on x86_64 ((Debian))" ;;
    names*)
      while read -r found; do
        printf '%-15s STREAM %s\n%-15s DGRAM  \n%-15s RAW    \n' "$found" "$name" "$found" "$found"
      done <"$WORLD/names/$name"
      ;;
    facts*) echo "${line%%@*}$address${line#*@}" ;;
    unapplied*) told unapplied ;;
    last*) echo "2026-11-28 12:00:00.000000" ;;
    member\ own) told own-member ;;
    member*) echo "$line" ;;
    writable) echo 0 ;;
    room)
      read -r free <"$WORLD/room"
      printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/data 1048576 1 %s 99%% /var/lib/mysql\n' "$free"
      ;;
    # Those that have no room are listed in a file.
    weight*) if grep -qsx "$address" "$WORLD/full"; then echo 0; else echo 50; fi ;;
    standing) echo 0 ;;
    sets*) told source ;;
    set\ own) told own ;;
    set\ mysql*) told source | sed 's/;.*//' ;;
    status) told status ;;
    compare*) subtracted "${pair%%\'*}" "${pair##*\'}" ;;
  esac
  case $sql in
    *"(whole answer)"*) echo "(whole answer)" ;;
  esac
}

# A directory with a database in it, or the half of one.
#   $1  directory
#   $2  whose
database() {
  mkdir "$1" && echo "$2" >"$1/identity"
  [ "$failing" = half ] || touch "$1/mysql.ibd"
}

case $question in
  initialise*) database "$directory" new ;;
  serve)
    # The server that receives a clone is thrown away.
    [ -n "${directory:-}" ] || echo "$question" >>"$WORLD/done"
    [ "$failing" != half ] || exit 0
    exec /bin/sleep 60
    ;;
  clone)
    donor=${sql#*"'clone'@'"}
    directory=${sql#*"DATA DIRECTORY = '"}
    database "${directory%%\'*}" "clone of ${donor%%\'*}"
    ;;
  # To whom the server is led stands in the statement.
  join)
    led=
    case $sql in *"group_seeds = '"*) led=${sql#*"group_seeds = '"} ;; esac
    echo "join${led:+ by ${led%%\'*}}" >>"$WORLD/done"
    ;;
  shutdown | part | make | leave | provision | tell*) echo "$question" >>"$WORLD/done" ;;
  names*) [ -e "$WORLD/names/$name" ] || exit 2 ;;
  facts* | member\ mysql* | sets* | set\ 10* | set\ mysql* | compare\ 10* | unapplied* | last*)
    read -r line <"$WORLD/members/$address"
    case $line in
      down) echo "ERROR 2003 (HY000): Can't connect to MySQL server on '$address:3306' (111)" >&2 && exit 1 ;;
      denied) refused ;;
      away) echo "ERROR 2005 (HY000): Unknown MySQL server host '$address' (-2)" >&2 && exit 1 ;;
    esac
    ;;
esac
text=$(answer && echo .)
text=${text%.}
if [ "$failing" = half ]; then
  printf %s "$text" | head -c "$((${#text} / 2))"
else
  printf %s "$text"
fi
