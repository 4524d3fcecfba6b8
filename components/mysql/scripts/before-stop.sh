#!/bin/bash
# Closes idle client connections before the server is told to stop. The server itself does not: it waits 10 seconds for them to go, in which
# nobody can write. Clients connect anew, to whoever the Service names then.
set -uo pipefail
root=(timeout --kill-after=1 4 mysql --defaults-file=/run/secrets/mysql/root.cnf --connect-timeout=2 -NB)
"${root[@]}" -e "SELECT CONCAT('KILL ', ID, ';') FROM performance_schema.processlist
  WHERE COMMAND = 'Sleep' AND USER NOT IN ('root', 'replication')" | "${root[@]}" --force
# A server that does not answer is stopped all the same.
exit 0
