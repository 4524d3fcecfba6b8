#!/bin/bash
# What the other members say about themselves. Sourced.
#
# MEMBER_NAMES  DNS names that resolve to every member of the set, ready or not, separated by spaces

secrets="${SECRETS:-/run/secrets/mysql}"

# Asks one server as the monitoring user; the password stands in the option file, and while passwords are rotated the former one, too: a
# server that has not restarted yet takes that one alone. A server that takes the login and then says nothing is as good as away.
ask() {
  local address="$1" sql="$2" suffix errors status
  for suffix in "" _former; do
    status=0
    { errors=$(timeout 10 mysql "--defaults-file=$secrets/monitor.cnf" "--defaults-group-suffix=$suffix" --host="$address" \
      --ssl-mode=REQUIRED --connect-timeout=3 -NBre "$sql" 2>&1 >&3) || status=$?; } 3>&1
    [[ "$errors" == *"Access denied"* ]] || break
    grep -q '^\[client_former\]' "$secrets/monitor.cnf" || break
  done
  [ -z "$errors" ] || echo "$errors" >&2
  return "$status"
}

# Prints the password with which a user can log in to a server: the present one, unless the server takes the former one alone.
#   $1  user whose passwords stand in a file of their own, a line each, the present one first
#   $2  address of the server
password_for() {
  local user="$1" address="$2" present former errors
  { read -r present; read -r former; } <"$secrets/$user-password" || true
  if [ -n "$former" ]; then
    errors=$(mysql --defaults-file=<(printf '[client]\nuser=%s\npassword=%s\n' "$user" "$present") --host="$address" \
      --ssl-mode=REQUIRED --connect-timeout=3 -e "DO 1" 2>&1) || true
    if [[ "$errors" == *"Access denied"* ]]; then present="$former"; fi
  fi
  echo "$present"
}

# One line for each member that answers: ordinal, address, whether it replicates (yes|no), the GTID set it has executed or received and will
# execute ("-" when empty), separated by tabs. A server that refuses the login is there, and is listed with "?" for what it does not tell.
ask_members() {
  local addresses address answer
  # shellcheck disable=SC2086 # several names
  addresses=$(for name in $MEMBER_NAMES; do getent ahostsv4 "$name" || true; done | awk '$2 == "STREAM" {print $1}' | sort -u)
  for address in $addresses; do
    if answer=$(ask "$address" "SELECT @@server_id - 100, '$address',
        IF((SELECT COUNT(*) FROM performance_schema.replication_connection_status c
            JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)
            WHERE c.SERVICE_STATE = 'ON' AND a.SERVICE_STATE = 'ON') > 0, 'yes', 'no'),
        COALESCE(NULLIF(REPLACE(GTID_SUBTRACT(CONCAT_WS(',', NULLIF(@@global.gtid_executed, ''),
          (SELECT NULLIF(RECEIVED_TRANSACTION_SET, '') FROM performance_schema.replication_connection_status LIMIT 1)), ''), '\n', ''), ''), '-')" 2>&1); then
      printf '%s\n' "$answer"
    elif [[ "$answer" == *"Access denied"* ]]; then
      printf '?\t%s\tno\t?\n' "$address"
    fi
  done
}
