#!/bin/bash
# Runs Redis with the logins that it knew before, and the operator of this stack. Passwords stand in the file as hashes: of a random value with 190
# bits nobody guesses more by them.
set -euo pipefail
umask 077

file=/data/users.acl
operator="#$(printf %s "$(< /run/secrets/shop/redis-operator)" | sha256sum | cut -c 1-64)"
known=
# Data that outlived their passwords know another operator, and logins that nobody has any more.
if [[ -f $file ]] && grep -q "^user shop_operator .*$operator" "$file"; then
  known=$(grep -E '^user shop_[ab] ' "$file" || true)
fi
{
  echo 'user default off'
  echo "user shop_operator on $operator -@all +acl|setuser +acl|deluser +acl|save"
  echo "$known"
} > "$file.new"
mv "$file.new" "$file"
exec redis-server /etc/redis/shop.conf
