#!/bin/bash
# What the other members say about themselves. Sourced.
#
# MEMBER_NAMES  DNS names that resolve to every member of the set, ready or not, separated by spaces

# Asks one server as the monitoring user; the password stands in the option file.
ask() {
  local address="$1" sql="$2"
  mysql --defaults-file=/run/secrets/mysql/monitor.cnf --host="$address" --ssl-mode=REQUIRED --connect-timeout=3 -NBre "$sql"
}

# One line for each member that answers: ordinal, address, whether it replicates (yes|no), executed GTID set ("-" when empty), separated
# by tabs. A server that refuses the login is there, and is listed with "?" for what it does not tell.
ask_members() {
  local addresses address answer
  # shellcheck disable=SC2086 # several names
  addresses=$(for name in $MEMBER_NAMES; do getent ahostsv4 "$name" || true; done | awk '$2 == "STREAM" {print $1}' | sort -u)
  for address in $addresses; do
    if answer=$(ask "$address" "SELECT @@server_id - 100, '$address',
        IF((SELECT COUNT(*) FROM performance_schema.replication_connection_status c
            JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)
            WHERE c.SERVICE_STATE = 'ON' AND a.SERVICE_STATE = 'ON') > 0, 'yes', 'no'),
        COALESCE(NULLIF(REPLACE(@@global.gtid_executed, '\n', ''), ''), '-')" 2>&1); then
      printf '%s\n' "$answer"
    elif [[ "$answer" == *"Access denied"* ]]; then
      printf '?\t%s\tno\t?\n' "$address"
    fi
  done
}
