#!/bin/bash
# Ends the former password of users of the database, each logged in with the present one. Nothing happens where there is no former one.
#
#   DB_HOST  where
#   AUTHORITY  file with the root of the authority that its certificate is from
#   LOGINS   USER=FILE for each user, separated by spaces; a file is an option file, or has the password in its first line
set -euo pipefail
umask 077
option_file=$(mktemp)
trap 'rm -f "$option_file"' EXIT
for login in $LOGINS; do
  user="${login%%=*}"
  password=$(sed -n -e '/^password=/{s///p;q}' -e '1{/^\[/!{p;q}}' "${login#*=}")
  printf '[client]\nuser=%s\npassword=%s\nhost=%s\n' "$user" "$password" "$DB_HOST" > "$option_file"
  timeout --kill-after=5 60 mysql --defaults-file="$option_file" --ssl-mode=VERIFY_IDENTITY --ssl-ca="$AUTHORITY" --connect-timeout=10 -NBe 'ALTER USER USER() DISCARD OLD PASSWORD'
  echo "discard-former-password: $user logs in with the present password only"
done
