#!/bin/sh
# notify.sh started|stopping URL [SECONDS]: tells URL that this container has started or is about to stop, and waits SECONDS, for instance
# until no node sends it requests any more. For lifecycle hooks:
#
# - A hook may run twice. Each request carries the header Idempotency-Key, the same then and another for each start of the container: who
#   has had it may drop it.
# - A hook must not stand in the way. This never fails; a start is told beside the start, a stop while it waits, and both give up after
#   NOTIFY_SECONDS.
# - What a hook prints goes nowhere. So what happens here is printed as the container's own log.
#
# Takes POD_NAMESPACE, POD_NAME and POD_UID, and what the image has to send with: curl, wget, or bash for plain http.
event=${1:-} url=${2:-} pause=${3:-0}
limit=${NOTIFY_SECONDS:-5}

# When PID 1 started, in clock ticks since boot: no two containers of a pod have it in common. The program's name before it, in
# parentheses, may have spaces in it.
{ read -r stat <"${PROC:-/proc}/1/stat"; } 2>/dev/null || stat=
# shellcheck disable=SC2086 # its words
set -- ${stat##*)}
key=${POD_UID:-unknown}-${20:-0}-$event

say() {
  { echo "notify: $*" >>"${LOG:-/proc/1/fd/1}"; } 2>/dev/null
}

case $event in
  started | stopping) ;;
  *)
    say "usage: notify.sh started|stopping URL [SECONDS]"
    exit 0
    ;;
esac

for sender in curl wget bash none; do
  command -v "$sender" >/dev/null 2>&1 && break
done
case $sender:$url in
  none:*) trouble="the image has none of curl, wget and bash" ;;
  bash:http://*) ;;
  bash:*) trouble="without curl or wget in the image, only an address with http:// can be told" ;;
esac

# Sends the request once.
body="{\"event\":\"$event\",\"namespace\":\"${POD_NAMESPACE:-}\",\"pod\":\"${POD_NAME:-}\",\"uid\":\"${POD_UID:-}\"}"
send() {
  set -- "Content-Type: application/json" "Idempotency-Key: $key"
  case $sender in
    curl) curl -fsS -m 3 -X POST -H "$1" -H "$2" -d "$body" "$url" ;;
    wget) timeout 3 wget -q -O - --header "$1" --header "$2" --post-data "$body" "$url" ;;
    bash) send_with_bash "$1" "$2" ;;
  esac
}
send_with_bash() {
  authority=${url#http://} path=/
  case $authority in
    */*) path=/${authority#*/} ;;
  esac
  authority=${authority%%/*} port=80
  case $authority in
    *:*) port=${authority##*:} ;;
  esac
  request="POST $path HTTP/1.0\r\nHost: $authority\r\n$1\r\n$2\r\nContent-Length: ${#body}\r\n\r\n$body"
  # shellcheck disable=SC2016 # bash expands it
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "%b" "$2" >&3 && read -r _ status _ <&3 && [[ $status == 2* ]]' \
    "${authority%:*}" "$port" "$request"
}

# Again each second until it is taken; the receiver may be starting, too.
tell() {
  if [ -n "${trouble:-}" ]; then
    say "$url is not told '$event': $trouble"
    return
  fi
  begin=$(date +%s)
  until send >/dev/null 2>&1; do
    if [ $(($(date +%s) - begin)) -ge "$limit" ]; then
      say "$url was not told '$event': it took no request for $limit s"
      return
    fi
    sleep 1
  done
  say "told $url '$event'"
}

say "$event at $(date)"
tell </dev/null >/dev/null 2>&1 &
teller=$!
sleep "$pause"
[ "$event" = started ] || wait "$teller"
exit 0
