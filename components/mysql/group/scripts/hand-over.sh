#!/bin/bash
# Makes another member of the group its primary, where this one is; it takes a fraction of a second. Does nothing on a member that is no primary.
#
#   $1  name of the member; default: the first that is in the group
set -euo pipefail
secrets="${SECRETS:-/run/secrets/mysql}"
root() { timeout --kill-after=1 "$1" mysql "--defaults-file=$secrets/root.cnf" --connect-timeout=2 -NBe "$2"; }
successor=$(root 4 "SELECT other.MEMBER_ID FROM performance_schema.replication_group_members own
  JOIN performance_schema.replication_group_members other ON other.MEMBER_ID <> own.MEMBER_ID
  WHERE own.MEMBER_ID = @@global.server_uuid AND own.MEMBER_ROLE = 'PRIMARY' AND other.MEMBER_STATE = 'ONLINE'
    AND SUBSTRING_INDEX(other.MEMBER_HOST, '.', 1) LIKE '${1:-%}'
  ORDER BY other.MEMBER_HOST LIMIT 1")
if [[ "$successor" =~ ^[0-9a-f-]{36}$ ]]; then root 20 "SELECT group_replication_set_as_primary('$successor')"; fi
