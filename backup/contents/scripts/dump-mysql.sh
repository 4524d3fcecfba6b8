#!/bin/bash
# Writes every database of the server to standard output, as of one moment and without locking it: InnoDB keeps that moment's rows while it
# reads. Runs in the server's container, or in one of its image, as a user that may read and nothing else. The transactions it holds (GTID) stand in it as a
# comment.
#
#   $BACKUP_HOST  the server; without it, the one of this container
set -euo pipefail

file=/run/secrets/mysql/backup.cnf
login=("--defaults-file=$file" ${BACKUP_HOST:+"--host=$BACKUP_HOST"})
if [ ! -e "$file" ]; then
  echo "this server has no user for backups yet: it was deployed before there was one. Deploy the stack again (npm start), then this" >&2
  exit 1
fi
# A member of a group that is not in it now holds the data of another moment.
state=$(mysql "${login[@]}" --skip-column-names --batch --execute \
  "SELECT MEMBER_STATE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@global.server_uuid")
if [ -n "$state" ] && [ "$state" != ONLINE ]; then
  echo "this member is not in its group ($state), so what it has may be old. See who is: npm run ops -- mysql status" >&2
  exit 1
fi
names=$(mysql "${login[@]}" --skip-column-names --batch --execute \
  "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
if [ -z "$names" ]; then
  echo "the server has no database yet" >&2
  exit 1
fi
mapfile -t databases <<< "$names"
# What a data directory is made with and keeps: who loads this makes one that is the same.
lasting=$(mysql "${login[@]}" --skip-column-names --batch --execute "SELECT CONCAT_WS(' ',
  CONCAT('lower_case_table_names=', @@lower_case_table_names), CONCAT('innodb_page_size=', @@innodb_page_size),
  CONCAT('innodb_data_file_path=', @@innodb_data_file_path))")
echo "-- made with $lasting"
exec mysqldump "${login[@]}" --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
  --set-gtid-purged=COMMENTED --databases "${databases[@]}"
