#!/bin/bash
# What a member of a replicated set does, given what is known about it and the others: pure functions, sourced by the scripts that
# collect the facts and carry out the verdict. Facts are key=value arguments; the verdict is the one line that is printed.
#
# Terms: ordinal 0 is the source, the only member that takes writes; every other member is a replica.
#
# What holds, whoever fails to answer, and whenever:
#   1. A fact is yes, no or unknown. A question that failed, took too long, or was answered by half a line is unknown, never "no".
#   2. On unknown nothing is made, replaced or thrown away: the verdict is to wait, or to refuse in words that name who did not answer.
#   3. A complete data directory is started with as it is. It is replaced only by a finished clone, and only where the member itself found that
#      the source has every transaction of it, or a person asked for it.
#   4. An empty source is initialised only when the set is known to be new, it is known who else there is, and nobody who is there has
#      transactions or keeps silent about them.
#   5. A source is recovered only from a member a person named, and only when every other member of the set is known to have nothing more, or
#      was named by that person as lost.
#   6. A replica joins only when its transactions and the source's were compared, both whole.

# Before the server runs: where does the data directory come from?
#
#   ordinal=N
#   volume=      empty    nothing, or what an interrupted start left
#                data     a complete data directory
#                stale    a complete data directory that this member asked to have replaced
#                foreign  files that no script of this program made
#                unknown  it cannot be read
#   installed=   yes|no|unknown   whether the set has been up before; kept outside every volume
#   recoverFrom= what a person named to recover the source from: an ordinal, or empty
#   members=     known|unknown    whether it is known which members are there
#   withData=    ordinals of the other members that answer and have transactions, separated by commas
#   silent=      addresses of the others that are there, or may be, and do not say what they have; not of those where no server listens
#   ahead=       ordinal of a member that has transactions which the one in recoverFrom lacks, or empty
#   unsure=      ordinals or addresses of those of which that is not known
#
# Verdicts: initialise | clone | recover ORDINAL | wait ORDINAL | start | refuse REASON
decide_data() {
  local ordinal="" volume="" installed="" recoverFrom="" members="" withData="" silent="" ahead="" unsure=""
  local "$@"
  if ! [[ "$ordinal" =~ ^(0|[1-9][0-9]*)$ && "$installed" =~ ^(yes|no|unknown)$ && "$members" =~ ^(known|unknown)$ ]]; then
    echo "refuse unknown-facts"
    return
  fi
  case "$volume" in
    data) echo "start" ;;
    foreign) echo "refuse foreign-files" ;;
    unknown) echo "refuse unreadable-volume" ;;
    empty | stale)
      if [ "$ordinal" != 0 ]; then
        echo "clone"
      elif [ "$volume" = stale ]; then
        echo "start"
      elif [ -n "$recoverFrom" ]; then
        if ! [[ "$recoverFrom" =~ ^(0|[1-9][0-9]*)$ ]]; then
          echo "refuse recover-from-nobody"
        elif [ "$recoverFrom" = 0 ]; then
          echo "refuse recover-from-itself"
        elif [ -n "$ahead" ]; then
          echo "refuse recover-from-behind"
        elif [[ ",$withData," != *",$recoverFrom,"* ]]; then
          echo "wait $recoverFrom"
        elif [ "$members" != known ] || [ -n "$unsure" ]; then
          echo "refuse recover-unsure"
        else
          echo "recover $recoverFrom"
        fi
      elif [ "$installed" = yes ]; then
        # Whoever does not answer is not known to be empty.
        echo "refuse source-lost"
      elif [ -n "$withData" ]; then
        echo "refuse others-have-data"
      elif [ "$installed" != no ] || [ "$members" != known ] || [ -n "$silent" ]; then
        echo "refuse others-unknown"
      else
        echo "initialise"
      fi
      ;;
    *) echo "refuse unknown-facts" ;;
  esac
}

# While a replica's server runs and does not replicate: may it?
#
#   source=  here     it answered
#            away     nobody answered at its name in time
#            unknown  somebody did, and not what was asked
#   own=     the replica's executed GTID set, or unknown
#   errant=  what of it the source lacks, or unknown
#   purged=  what the replica lacks and the source's binary logs hold no more, or unknown
#
# Verdicts: wait | join | reclone | refuse REASON
decide_replication() {
  local source=unknown own=unknown errant=unknown purged=unknown
  local "$@"
  if [ "$source" != here ] || [ "$own" = unknown ]; then
    echo "wait"
  elif [ -z "$own" ]; then
    # Every member of this set begins as a clone, so it has transactions: this is another server's data.
    echo "refuse no-transactions"
  elif [ "$errant" = unknown ]; then
    echo "wait"
  elif [ -n "$errant" ]; then
    echo "refuse errant"
  elif [ "$purged" = unknown ]; then
    echo "wait"
  elif [ -n "$purged" ]; then
    echo "reclone"
  else
    echo "join"
  fi
}

# While a replica's server runs: may it be found by who reads?
#
#   state=   what follow.sh wrote last: joined|alone|joining|refused|broken; empty when it has written nothing for a minute
#   lag=     seconds behind the source, of one that has joined; empty when the server does not know
#   maxLag=  seconds that a replica may be behind
#   served=  yes when it is found already and would be ended if it were not to be, so that it is given the moment in which it joins;
#            else no
#
# Verdicts: serve | leave REASON
decide_reads() {
  local state="" lag="" maxLag="" served=""
  local "$@"
  if [ "$state" = joined ] && ! [[ "$lag" =~ ^[0-9]+$ && "$maxLag" =~ ^[0-9]+$ ]]; then state=joining; fi
  case "$state" in
    joined)
      if [ "$lag" -gt "$maxLag" ]; then
        echo "leave $lag s behind the source, $maxLag are allowed"
      else
        echo "serve"
      fi
      ;;
    # The source is away: what this member has is what there is.
    alone) echo "serve" ;;
    "") echo "leave follow.sh has not said anything for a minute" ;;
    joining)
      if [ "$served" = yes ]; then echo "serve"; else echo "leave not replicating ($state); see its log"; fi
      ;;
    *) echo "leave not replicating ($state); see its log" ;;
  esac
}

# Which member to clone from: a replica that replicates before the source, which has writes to serve; another one at each try, so that
# several new members do not queue for the same donor.
#
# Reads lines of ask_members on standard input; prints an address, or nothing when no member can give its data.
#   $1  number of the try
choose_donor() {
  local try="$1" ordinal address replicating set source="" replicas=()
  while IFS=$'\t' read -r ordinal address replicating set; do
    if ! [[ "$ordinal" =~ ^[0-9]+$ && "$replicating" =~ ^(yes|no)$ && -n "$set" && "$set" != - ]]; then
      continue
    elif [ "$ordinal" = 0 ]; then
      source="$address"
    elif [ "$replicating" = yes ]; then
      replicas+=("$address")
    fi
  done
  local donors=("${replicas[@]}")
  # Every third try asks the source when the replicas are busy.
  if [ -n "$source" ] && { [ "${#donors[@]}" = 0 ] || [ "$((try % 3))" = 2 ]; }; then
    donors=("$source")
  fi
  if [ "${#donors[@]}" -gt 0 ]; then
    echo "${donors[$((try % ${#donors[@]}))]}"
  fi
}

# Whether what a client printed has one of MySQL's errors in it, as the client writes it or as a clone repeats the donor's.
#   $1  what it printed
#   $@  numbers
has_error() {
  local printed="$1" number
  for number in "${@:2}"; do
    if [[ "$printed" =~ (ERROR\ $number\ \(|(Error|failed):\ $number\ :) ]]; then return 0; fi
  done
  return 1
}

# Whether a client that failed was told by the server that it may not log in.
#   $1  what it printed
login_refused() { has_error "$1" 1045 1698; }

# Whether a client has refused a server, before it has said anything to it: its certificate is from another authority, or of another name.
#   $1  what it printed
not_authenticated() { [[ "$1" == *"certificate verify failed"* || "$1" == *"SSL certificate validation failure"* ]]; }

# Whether a client that failed found nobody who answered in time. What the server says once it has spoken is not that.
#   $1  its exit status; from 124 on, it was ended by `timeout`
#   $2  what it printed
nobody_answered() {
  [ "$1" = 124 ] || [ "$1" = 137 ] || has_error "$2" 2002 2003 2005 || [[ "$2" == *"ERROR 2013 ("*" at '"* ]]
}

# Whether a client that failed was told by the machine it asked that no server listens there.
#   $1  what it printed
nobody_listens() { [[ "$1" == *"ERROR 2003 ("*"(111)"* ]]; }

# Why a CLONE failed, by what the client printed: busy and gone pass by themselves, password, full, version and stranger do not.
clone_failure() {
  if has_error "$1" 3634 3874 || [[ "$1" == *"Too many concurrent clone"* ]]; then
    echo "busy"
  elif has_error "$1" 1045 || [[ "$1" == *"Access denied for user"* ]]; then
    echo "password"
  elif has_error "$1" 3873 || [[ "$1" == *"o space left on device"* || "$1" =~ errno:\ 28([^0-9]|$) ]]; then
    echo "full"
  elif has_error "$1" 3864; then
    echo "version"
  elif not_authenticated "$1"; then
    echo "stranger"
  elif has_error "$1" 2003 2005 2013 || [[ "$1" == *"connect to MySQL server"* || "$1" == *"Connect failed"* ]]; then
    echo "gone"
  else
    echo "unknown"
  fi
}
