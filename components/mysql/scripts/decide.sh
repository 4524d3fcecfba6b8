#!/bin/bash
# What a member of a replicated set does, given what is known about it and the others: pure functions, sourced by the scripts that
# collect the facts and carry out the verdict. Facts are key=value arguments; the verdict is the one line that is printed.
#
# Terms: ordinal 0 is the source, the only member that takes writes; every other member is a replica.

# Before the server runs: where does the data directory come from?
#
#   ordinal=N
#   volume=      empty    nothing, or what an interrupted start left
#                data     a complete data directory
#                stale    a complete data directory that this member asked to have replaced
#                foreign  files that no script of this program made
#   installed=   yes|no   whether the set has been up before; kept outside every volume
#   recoverFrom= ordinal of the member a person named to recover the source from, or empty
#   withData=    ordinals of the other members that answer and have transactions, separated by commas
#   ahead=       ordinal of a member that has transactions which the one in recoverFrom lacks, or empty
#
# Verdicts: initialise | clone | recover ORDINAL | wait ORDINAL | start | refuse REASON
decide_data() {
  local ordinal="" volume="" installed="" recoverFrom="" withData="" ahead=""
  local "$@"
  case "$volume" in
    data) echo "start" ;;
    foreign) echo "refuse foreign-files" ;;
    empty | stale)
      if [ "$ordinal" != 0 ]; then
        echo "clone"
      elif [ "$volume" = stale ]; then
        echo "start"
      elif [ -n "$recoverFrom" ]; then
        if [ "$recoverFrom" = 0 ]; then
          echo "refuse recover-from-itself"
        elif [ -n "$ahead" ]; then
          echo "refuse recover-from-behind"
        elif [[ ",$withData," == *",$recoverFrom,"* ]]; then
          echo "recover $recoverFrom"
        else
          echo "wait $recoverFrom"
        fi
      elif [ "$installed" = yes ]; then
        # Whoever does not answer is not known to be empty.
        echo "refuse source-lost"
      elif [ -n "$withData" ]; then
        echo "refuse others-have-data"
      else
        echo "initialise"
      fi
      ;;
    *) echo "refuse unknown-facts" ;;
  esac
}

# While a replica's server runs and does not replicate: may it?
#
#   source=  away|here
#   own=     the replica's executed GTID set
#   errant=  what of it the source lacks
#   purged=  what the replica lacks and the source's binary logs hold no more
#
# Verdicts: wait | join | reclone | refuse REASON
decide_replication() {
  local source="" own="" errant="" purged=""
  local "$@"
  if [ "$source" != here ]; then
    echo "wait"
  elif [ -z "$own" ]; then
    # Every member of this set begins as a clone, so it has transactions: this is another server's data.
    echo "refuse no-transactions"
  elif [ -n "$errant" ]; then
    echo "refuse errant"
  elif [ -n "$purged" ]; then
    echo "reclone"
  else
    echo "join"
  fi
}

# While a replica's server runs: may it be found by who reads?
#
#   state=   what follow.sh wrote last: joined|alone|joining|refused|broken; empty when it has written nothing for a minute
#   lag=     seconds behind the source, of one that has joined
#   maxLag=  seconds that a replica may be behind
#   served=  yes when it is found already and would be ended if it were not to be, so that it is given the moment in which it joins;
#            else no
#
# Verdicts: serve | leave REASON
decide_reads() {
  local state="" lag="" maxLag="" served=""
  local "$@"
  case "$state" in
    joined)
      if [ "${lag:-0}" -gt "$maxLag" ]; then
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
    if [ "$set" = - ] || [ "$ordinal" = "?" ]; then
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

# Why a CLONE failed, by what the client printed: busy and gone pass by themselves, password, full and version do not.
clone_failure() {
  case "$1" in
    *3634* | *3874* | *"Too many concurrent clone"*) echo "busy" ;;
    *1045* | *"Access denied"*) echo "password" ;;
    *3873* | *"o space left"* | *"errno: 28"*) echo "full" ;;
    *3864*) echo "version" ;;
    *2003* | *2013* | *"connect to MySQL"* | *"Connect failed"*) echo "gone" ;;
    *) echo "unknown" ;;
  esac
}
