#!/bin/bash
# What the other members say about themselves. Sourced.
#
# MEMBER_NAMES  DNS names that resolve to the members of the set, separated by spaces
# LISTED        "yes" where this member itself is found by them, ready or not: then a list without it is not the whole list

# shellcheck source=SCRIPTDIR/decide.sh
. "${SCRIPTS:-/scripts}/decide.sh"
secrets="${SECRETS:-/run/secrets/mysql}"

# Options of a client that says nothing before it knows whom it asks: who shows a certificate of this set's authority and, where it is asked by a name,
# of that name. Of addresses no certificate says anything; then it is one of the members, for the authority signs nobody else.
#   $1  name or address
authenticated() {
  local mode=VERIFY_IDENTITY
  if [[ "$1" =~ ^[0-9.]+$ ]]; then mode=VERIFY_CA; fi
  echo "--ssl-mode=$mode --ssl-ca=${CERTIFICATES:-/run/secrets/mysql-tls}/ca.crt"
}

# The server prints this after each answer. An answer without it is half of one, and so is none.
end_mark="(whole answer)"

# Prints what a program prints before the end mark. Fails when it fails, and when there is no mark.
#   $@  the program, which asks for the mark, too
whole_answer() {
  local answer status=0
  answer=$("$@") || status=$?
  if [ "$status" != 0 ]; then return "$status"; fi
  if [[ "$answer" != *"$end_mark" ]]; then
    echo "half an answer: ${answer:-nothing}" >&2
    return 1
  fi
  # Its last line.
  if [[ "$answer" == *$'\n'* ]]; then printf '%s\n' "${answer%$'\n'*}"; fi
}

# Asks one server as the monitoring user; the password stands in the option file, and while passwords are rotated the former one, too: a
# server that has not restarted yet takes that one alone. A server that takes the login and then says nothing is as good as away.
ask() { whole_answer ask_with_passwords "$1" "$2; SELECT '$end_mark'"; }

ask_with_passwords() {
  local address="$1" sql="$2" suffix errors status tls
  read -ra tls < <(authenticated "$address")
  for suffix in "" _former; do
    status=0
    { errors=$(timeout --kill-after=1 10 mysql "--defaults-file=$secrets/monitor.cnf" "--defaults-group-suffix=$suffix" --host="$address" \
      "${tls[@]}" --connect-timeout=3 -NBre "$sql" 2>&1 >&3) || status=$?; } 3>&1
    login_refused "$errors" || break
    grep -q '^\[client_former\]' "$secrets/monitor.cnf" || break
  done
  [ -z "$errors" ] || echo "$errors" >&2
  return "$status"
}

# Prints the password with which a user can log in to a server: the present one, unless the server takes the former one alone. Where that is not
# known, the present one: at worst its login is refused.
#   $1  user whose passwords stand in a file of their own, a line each, the present one first
#   $2  address of the server
password_for() {
  local user="$1" address="$2" present="" former="" errors tls
  read -ra tls < <(authenticated "$address")
  { read -r present; read -r former; } <"$secrets/$user-password" || [ -n "$present" ] || return 1
  if [ -n "$former" ]; then
    errors=$(timeout --kill-after=1 10 mysql --defaults-file=<(printf '[client]\nuser=%s\npassword=%s\n' "$user" "$present") \
      --host="$address" "${tls[@]}" --connect-timeout=3 -e "DO 1" 2>&1) || true
    if login_refused "$errors"; then present="$former"; fi
  fi
  echo "$present"
}

# Names each of a list separated by commas, for a sentence.
in_words() { echo "${1//,/, }"; }

# Prints the addresses behind a name, none where nobody has it. Fails when that is not known.
#
# The engine of a swarm knows the names of its own networks, and asks in vain for any other, for as long as the resolver has patience.
addresses_of() {
  local listing status=0
  listing=$(RES_OPTIONS="timeout:2 attempts:2" timeout --kill-after=1 10 getent ahostsv4 "$1") || status=$?
  case "$status" in
    0) ;;
    2) return 0 ;;
    *) return 1 ;;
  esac
  # Three lines an address, the name behind the first: a line that is cut off is half an answer.
  awk '!/^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+ +(STREAM|DGRAM|RAW)( .*)?$/ {bad = 1} {lines[$1]++} $2 == "STREAM" {print $1}
    END {for (address in lines) if (lines[address] % 3) bad = 1; exit bad || NR == 0}' <<<"$listing"
}

# Prints the addresses of the set's members. Fails when they are not known, with those that are.
member_addresses() {
  local name own="" some found="" known=yes
  for name in $MEMBER_NAMES; do
    some=$(addresses_of "$name") || known=no
    found+="$some"$'\n'
  done
  found=$(sort -u <<<"$found" | sed '/^$/d') || return 1
  if [ "${LISTED:-}" = yes ]; then
    if ! own=$(addresses_of "$HOSTNAME") || [ -z "$own" ] || [[ $'\n'"$found"$'\n' != *$'\n'"${own%%$'\n'*}"$'\n'* ]]; then known=no; fi
    # This member has no server while it asks.
    found=$(grep -Fxv -e "${own%%$'\n'*}" <<<"$found" || true)
  fi
  printf '%s' "$found"
  [ "$known" = yes ]
}

# One line for each other member that is there: ordinal, address, whether it replicates (yes|no), the GTID set it has executed or received and
# will execute ("-" when empty), separated by tabs. "?" stands for an ordinal and a set that are not known, with "down" in place of yes and no
# where no server listens, and "silent" where one does or may, and does not say.
# Fails when it is not known which members are there.
ask_members() {
  local addresses address answer status known=yes
  addresses=$(member_addresses) || known=no
  for address in $addresses; do
    status=0
    answer=$(ask "$address" "SELECT @@server_id - 100, '$address',
        IF((SELECT COUNT(*) FROM performance_schema.replication_connection_status c
            JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)
            WHERE c.SERVICE_STATE = 'ON' AND a.SERVICE_STATE = 'ON') > 0, 'yes', 'no'),
        COALESCE(NULLIF(REPLACE(GTID_SUBTRACT(CONCAT_WS(',', NULLIF(@@global.gtid_executed, ''),
          (SELECT NULLIF(RECEIVED_TRANSACTION_SET, '') FROM performance_schema.replication_connection_status LIMIT 1)), ''), '\n', ''), ''), '-')" 2>&1) || status=$?
    # Its last line: a warning of the client stands before that.
    if [ "$status" = 0 ] && [[ "${answer##*$'\n'}" =~ ^[0-9]+$'\t'"$address"$'\t'(yes|no)$'\t'(-|[A-Za-z0-9_:,-]*[0-9])$ ]]; then
      printf '%s\n' "${answer##*$'\n'}"
    elif [ "$status" != 0 ] && nobody_listens "$answer"; then
      printf '?\t%s\tdown\t?\n' "$address"
    else
      printf '?\t%s\tsilent\t?\n' "$address"
    fi
  done
  [ "$known" = yes ]
}
