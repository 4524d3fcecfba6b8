#!/bin/bash
# Ends the former password of a database's owner, who logs in with the present one. Nothing happens where there is no former one.
#
#   DB_HOST, DB_USER   where, and who
#   DB_PASSWORD_FILE   file with the present password
set -euo pipefail
umask 077
login=$(mktemp)
trap 'rm -f "$login"' EXIT
printf '[client]\nuser=%s\npassword=%s\nhost=%s\n' "$DB_USER" "$(cat "$DB_PASSWORD_FILE")" "$DB_HOST" > "$login"
mysql --defaults-file="$login" --ssl-mode=REQUIRED --connect-timeout=10 -NBe 'ALTER USER USER() DISCARD OLD PASSWORD'
echo "discard-former-password: $DB_USER logs in with the present password only"
