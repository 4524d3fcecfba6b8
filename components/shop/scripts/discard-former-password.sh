#!/bin/bash
# Ends the former password of the shop's PostgreSQL: the other role than the one of the present password logs in no more. Sessions that it has
# go on. Nothing happens where there is no former one.
#
#   DATABASE_URL_FILE   file with the address, the present password included
#   FORMER_ROLE         the other role
set -euo pipefail
umask 077

[[ $(cat "$DATABASE_URL_FILE") =~ ^postgresql://([a-z_]+):([A-Za-z0-9]+)@([a-z-]+):([0-9]+)/([a-z]+)$ ]] || {
  echo "$DATABASE_URL_FILE holds no address of the shop's database" >&2
  exit 1
}
read -r role password host port database <<< "${BASH_REMATCH[*]:1}"
PGPASSFILE=$(mktemp)
export PGPASSFILE PGCONNECT_TIMEOUT=10
trap 'rm -f "$PGPASSFILE"' EXIT
echo "$host:$port:$database:$role:$password" > "$PGPASSFILE"
psql --no-psqlrc --no-password --quiet --host "$host" --port "$port" --username "$role" --dbname "$database" \
  --set ON_ERROR_STOP=1 --set former="$FORMER_ROLE" <<< "SELECT public.shop_password(:'former', NULL)" > /dev/null
echo "discard-former-password: $FORMER_ROLE logs in no more"
