#!/bin/bash
# Well as long as the server answers, even when it refuses the login. For a platform that ends a container by a stop and waits for it, which is in
# vain where a process hangs: a server that has answered before and then takes connections without a word, three times over, is killed here.
# Who starts, recovers or stops is not listening, so it is told that there is nobody; it is not killed.
set -euo pipefail
run="${RUN:-/run/mysqld}"
answered="$run/answered"
for _ in 1 2 3; do
  status=0
  timeout --signal=KILL 8 mysqladmin "--defaults-file=${SECRETS:-/run/secrets/mysql}/monitor.cnf" --connect-timeout=20 ping || status=$?
  if [ "$status" = 0 ]; then
    touch "$answered"
    exit 0
  fi
  # 137: not a word for the whole time.
  if [ "$status" != 137 ] || [ ! -e "$answered" ]; then exit 1; fi
done
echo "alive: the server has said nothing for 24 s: killed"
kill -KILL "$(<"$run/mysqld.pid")"
exit 1
