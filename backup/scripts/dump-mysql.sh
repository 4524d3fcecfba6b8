#!/bin/bash
# Writes every database of the server to standard output, as of one moment and without locking it: InnoDB keeps that moment's rows while it
# reads. Runs in the server's container. The transactions it holds (GTID) stand in it as a comment.
set -euo pipefail

login=--defaults-file=/run/secrets/mysql/root.cnf
mapfile -t databases < <(mysql "$login" --skip-column-names --batch --execute \
  "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
[ "${#databases[@]}" -gt 0 ] || {
  echo "the server has no database yet" >&2
  exit 1
}
exec mysqldump "$login" --single-transaction --quick --routines --triggers --events --hex-blob --no-tablespaces \
  --set-gtid-purged=COMMENTED --databases "${databases[@]}"
