#!/bin/bash
# Asks Ghost how it is. Exit status 0 for an answer that is well, 3 for none in time, 1 for any other and where nothing listens. The image has no curl; Node.js
# would take twice the time of a processor, every few seconds for each site.
#
#   healthy.sh STATUS[,STATUS...] URL "Host: name" ["Header: value" ...]
#
# Waits WAIT_SECONDS (8) for the answer.
set -uo pipefail

if [[ ${1:-} == ask ]]; then
  # host, port, path, headers
  exec 3<>"/dev/tcp/$2/$3" || exit 1
  printf '%s\r\n' "GET $4 HTTP/1.1" "Connection: close" "${@:5}" "" >&3
  if ! read -r _ status _ <&3; then
    echo "the connection ended without an answer"
    exit 1
  fi
  printf '%s\n' "$status"
  exit 0
fi

if (($# < 2)) || [[ ! $2 =~ ^http://([^/:]+):([0-9]+)(/.*)$ ]]; then
  echo "healthy: usage: healthy.sh STATUS[,STATUS...] http://HOST:PORT/PATH [HEADER...]" >&2
  exit 2
fi
statuses=$1 url=$2 seconds=${WAIT_SECONDS:-8}
# As a whole: a limit for each read begins again with each byte.
status=$(timeout "$seconds" bash "$0" ask "${BASH_REMATCH[@]:1:3}" "${@:3}" 2>&1)
case $? in
  0) ;;
  124)
    echo "$url: no answer within $seconds s"
    exit 3
    ;;
  *)
    echo "$url: ${status##*: }"
    exit 1
    ;;
esac
echo "$url: status $status"
[[ ,$statuses, == *",$status,"* ]]
