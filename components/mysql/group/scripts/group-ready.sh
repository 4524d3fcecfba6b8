#!/bin/bash
# Ready means: this member is in a group that has a majority, and its server answers a client that logs in over TCP.
set -euo pipefail
answer=$(timeout --kill-after=1 4 mysql --defaults-file=/run/secrets/mysql/monitor.cnf --connect-timeout=2 -NBe "SELECT CONCAT_WS(' ',
  (SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@global.server_uuid),
  (SELECT IF(SUM(MEMBER_STATE <> 'UNREACHABLE') * 2 > COUNT(*), 'majority', 'minority') FROM performance_schema.replication_group_members))")
if [ "$answer" != "ONLINE majority" ]; then
  echo "not in a group that has a majority: ${answer:-no state}. See this member's log"
  exit 1
fi
