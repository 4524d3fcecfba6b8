#!/bin/bash
# Looks at a Ghost site's database, empties it or fills it, in the container of its server.
#
#   $action    look: lines of facts. empty: as a new site has it. load: the dump on standard input, behind which comes a query with the answer
#              $end. done: ends the mark that an import is under way. dump: writes it to standard output, without owners and transactions
#   $database  its name
set -euo pipefail

: "${action:?}" "${database:?}"
login=--defaults-file=/run/secrets/mysql/root.cnf
# A schema of this name says that what is in the site's is an import's that is not through: another one may begin anew. Once all is loaded it has a table
# that says what that was: whoever has written since is not to lose it.
mark=${database}_import
sql() { mysql "$login" --batch --skip-column-names "$@"; }
fingerprint() {
  sql "$database" --execute "SELECT CONCAT_WS('-',
    (SELECT COALESCE(SUM(CRC32(CONCAT_WS(' ', id, updated_at))), 0) FROM posts), (SELECT COALESCE(SUM(CRC32(id)), 0) FROM members),
    (SELECT COALESCE(SUM(CRC32(id)), 0) FROM users), (SELECT COALESCE(SUM(CRC32(id)), 0) FROM tags))"
}
loaded() {
  [ "$(sql --execute "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$mark' AND table_name = 'loaded'")" = 0 ] ||
    fact loaded "$(sql "$mark" --execute "SELECT fingerprint FROM loaded")"
}
look() {
  fact unfinished "$(sql --execute "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '$mark'")"
  loaded
  [ "$(tables_named "$database" "'migrations', 'posts', 'users', 'members', 'tags'")" = 5 ] || return 0
  ghost_facts "$database"
  # Ghost makes a new site with one who is not active yet: its owner to be.
  fact active "$(sql "$database" --execute "SELECT COUNT(*) FROM users WHERE status <> 'inactive'")"
  fact fingerprint "$(fingerprint)"
}
empty() {
  sql --execute "DROP DATABASE IF EXISTS \`$database\`; CREATE DATABASE \`$database\` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci"
}

case $action in
  look) look ;;
  empty) empty ;;
  load)
    sql --execute "CREATE DATABASE IF NOT EXISTS \`$mark\`; DROP TABLE IF EXISTS \`$mark\`.loaded"
    empty
    last=$(mysql "$login" --binary-mode --batch --skip-column-names "$database" | tail -n 1)
    if [ "$last" != "${end:?}" ]; then
      echo "the data were not read to their end: the connection broke off" >&2
      exit 1
    fi
    now=$(fingerprint)
    sql "$mark" --execute "CREATE TABLE loaded (fingerprint VARCHAR(255) PRIMARY KEY) AS SELECT '$now' AS fingerprint"
    look
    ;;
  done) sql --execute "DROP DATABASE IF EXISTS \`$mark\`" ;;
  dump)
    # A page of SQL that any other server takes, whoever its users are.
    # shellcheck disable=SC2016 # the backticks are names in SQL
    mysqldump "$login" --single-transaction --quick --skip-triggers --hex-blob --no-tablespaces --set-gtid-purged=OFF "$database" |
      LC_ALL=C sed -E '/^(\/\*![0-9]+ |CREATE )/ s/DEFINER ?= ?`[^`]*`@`[^`]*`//'
    ;;
  *)
    echo "no such action: $action" >&2
    exit 2
    ;;
esac
