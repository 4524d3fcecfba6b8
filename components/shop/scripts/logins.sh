#!/bin/bash
# Says to PostgreSQL, Redis and RabbitMQ of the shop who logs in to them, as their operator.
#
#   logins.sh keep                   makes the present login of each known, whenever it does not know it; does not end
#   logins.sh discard SERVER LOGIN   ends LOGIN, once SERVER knows the present one
#
# Of each there are two files in /run/secrets/shop: SERVER-url, the address with the present login, and SERVER-operator, the operator's password.
# What a former login is still used for goes on until it is ended: it is another one than the present.
set -euo pipefail
shopt -s inherit_errexit
umask 077

readonly secrets=${SECRETS:-/run/secrets/shop} management_port=15672
# psql takes passwords from a file; it must be none that others can read.
export PGPASSFILE=/tmp/pgpass PGCONNECT_TIMEOUT=10

# Reads who logs in where, and who the operator is.
read_login() { # SERVER
  [[ $(< "$secrets/$1-url") =~ ^[a-z]+://([a-z_]+):([A-Za-z0-9]+)@([a-z0-9-]+):([0-9]+)/(.*)$ ]] || {
    echo "logins: $secrets/$1-url holds no address" >&2
    exit 2
  }
  read -r login password host port path <<< "${BASH_REMATCH[*]:1}"
  operator_password=$(< "$secrets/$1-operator")
}

digest() { # hash of standard input
  sha256sum | cut -c 1-64
}

# Each of these speaks in a process of its own: a connection that is refused ends it.

as_postgres() ( # USER, SQL on standard input
  printf '%s\n' "$host:$port:*:$login:$password" "$host:$port:*:shop_operator:$operator_password" > "$PGPASSFILE"
  timeout --kill-after=1 20 psql --no-psqlrc --no-password --quiet --host "$host" --port "$port" --username "$1" --dbname "$path" --set ON_ERROR_STOP=1 > /dev/null
)
postgres_knows() {
  as_postgres "$login" <<< "SELECT 1"
}
postgres_admit() {
  as_postgres shop_operator <<< "SELECT public.shop_password('$login', '$password')"
}
postgres_end() { # LOGIN
  as_postgres shop_operator <<< "SELECT public.shop_password('$1', NULL)"
}

# Says to a port of the server what comes on standard input, and prints what it answers until it hangs up, all of it within ten seconds.
talk() { # PORT
  # shellcheck disable=SC2016 # of the other shell
  timeout --kill-after=1 10 bash -c 'exec 3<> "/dev/tcp/$0/$1" && cat >&3 && exec cat <&3' "$host" "$1"
}

as_redis() ( # USER PASSWORD COMMAND...
  commands=("${@:3}" QUIT)
  answer=$({ printf 'AUTH %s %s\r\n' "$1" "$2" && printf '%s\r\n' "${commands[@]}"; } | talk "$port" | tr -d '\r'; echo .) || answer=.
  answer=${answer%.}
  # One line for each command, and one that begins with a minus says why not.
  if failure=$(grep --max-count 1 '^-' <<< "$answer"); then
    echo "redis says to $1: ${failure#-}"
    exit 1
  fi
  lines=${answer//[!$'\n']/}
  if ((${#lines} < ${#commands[@]} + 1)); then
    echo "redis gives no whole answer to $1"
    exit 1
  fi
)
redis_knows() {
  as_redis "$login" "$password" PING
}
redis_admit() {
  as_redis shop_operator "$operator_password" \
    "ACL SETUSER $login reset on #$(printf %s "$password" | digest) ~* &* +@all -@dangerous" "ACL SAVE"
}
redis_end() { # LOGIN
  as_redis shop_operator "$operator_password" "ACL DELUSER $1" "ACL SAVE"
}

as_rabbitmq() ( # METHOD PATH [JSON]
  body=${3-}
  answer=$(printf '%s %s HTTP/1.0\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "/api/$2" "$(printf %s "shop:$operator_password" | base64 --wrap 0)" "${#body}" "$body" | talk "$management_port") || {
    echo "rabbitmq gives no answer"
    exit 1
  }
  echo "${answer##*$'\r\n'}"
  [[ $answer =~ ^HTTP/1\.[01]\ 2 ]] || exit 1
  # What it was asked for comes whole, or not at all.
  [[ $1 != GET || ${answer##*$'\r\n'} == '{'*'}' ]]
)
# What tells the logins of this stack from those of data that outlived their passwords.
rabbitmq_tag() {
  printf 'shop-%.16s' "$(printf %s "$operator_password" | digest)"
}
rabbitmq_knows() {
  local user salted
  user=$(as_rabbitmq GET "users/$login") || {
    echo "$user"
    return 1
  }
  # Four bytes of salt, and the hash of the salt with the password.
  [[ $user == *"$(rabbitmq_tag)"* && ${user//\\/} =~ \"password_hash\":\"([^\"]+)\" ]] || return 1
  salted=${BASH_REMATCH[1]}
  [[ $(base64 --decode <<< "$salted" | tail --bytes +5 | od -An -v -tx1 | tr -d ' \n') == \
  $({ base64 --decode <<< "$salted" | head --bytes 4 && printf %s "$password"; } | digest) ]]
}
rabbitmq_admit() {
  local other tag user
  tag=$(rabbitmq_tag)
  for other in shop_a shop_b; do
    # A login that no password of this stack belongs to.
    if user=$(as_rabbitmq GET "users/$other") && [[ $user != *"$tag"* ]]; then as_rabbitmq DELETE "users/$other"; fi
  done
  # The password last: with it the login is known.
  as_rabbitmq PUT "users/$login" "{\"password_hash\":\"\",\"tags\":\"$tag\"}" &&
    as_rabbitmq PUT "permissions/%2F/$login" '{"configure":"^orders$","write":"^(orders|amq\\.default)$","read":"^orders$"}' &&
    as_rabbitmq PUT "users/$login" "{\"password\":\"$password\",\"tags\":\"$tag\"}"
}
rabbitmq_end() { # LOGIN
  as_rabbitmq DELETE "users/$1"
}

keep() {
  local -A said=()
  local server pause text
  trap 'exit 0' TERM INT
  # As long as the task lives: a server that lost its data does not know the login any more.
  while true; do
    pause=10
    for server in postgres redis rabbitmq; do
      read_login "$server"
      if "${server}_knows" > /dev/null 2>&1; then
        text="knows $login"
      elif text=$("${server}_admit" 2>&1); then
        text="knows $login now"
      else
        text="is waited for: $(head -n 1 <<< "$text")"
        pause=2
      fi
      [[ $text == "${said[$server]-}" ]] || echo "logins: $server $text"
      said[$server]=$text
    done
    touch /tmp/asked
    sleep "$pause" &
    wait $!
  done
}

discard() { # SERVER LOGIN
  read_login "$1"
  [[ $2 != "$login" ]] || {
    echo "logins: $2 is the present login of $1" >&2
    exit 2
  }
  "$1_knows" || {
    echo "logins: $1 does not know $login, so $2 is not ended" >&2
    exit 1
  }
  "$1_end" "$2"
  echo "logins: $2 logs in to $1 no more"
}

case ${1-} in
  keep) keep ;;
  discard) discard "$2" "$3" ;;
  *)
    echo "usage: logins.sh keep | logins.sh discard SERVER LOGIN" >&2
    exit 2
    ;;
esac
