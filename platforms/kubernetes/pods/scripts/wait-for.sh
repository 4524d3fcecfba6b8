#!/bin/sh
# wait-for.sh TARGET...: waits for one target after the other. Bounded by WAIT_SECONDS for all of them together; says each round what it
# waits for. A target is
#
#   dns://HOST             its name resolves
#   tcp://HOST:PORT        it accepts a connection there
#   http://HOST:PORT/PATH  it answers a GET request there with a success
#
# Runs in busybox. A name may be short, as in the cluster's own DNS; an address is not for dns://.
set -eu
limit=${WAIT_SECONDS:-300}
interval=1
trap 'echo "stopped while waiting for ${target:-nothing yet}"; exit 143' TERM INT

# Each prints what is missing, and nothing when nothing is. Some nslookups do not know the search list of resolv.conf.
missing_name() {
  for domain in '' $(sed -n 's/^search[[:space:]]*//p' /etc/resolv.conf 2>/dev/null); do
    nslookup "$1${domain:+.$domain}" >/dev/null 2>&1 && return
  done
  echo "the name $1 to resolve"
}
# Connected is enough: without a program to run, nc stays for as long as the server keeps silent.
missing_port() {
  host=${1%:*} port=${1##*:}
  said=$(nc -w 2 "$host" "$port" -e true 2>&1) && return
  case $said in
    *"bad address"*) echo "the name $host to resolve" ;;
    *) echo "$host to accept connections on port $port" ;;
  esac
}
# With -T, the wget of busybox 1.35 crashes.
missing_answer() {
  said=$(timeout 5 wget -q -O /dev/null "$1" 2>&1) && return
  authority=${1#http://} authority=${authority%%/*}
  case $said in
    *"bad address"*) echo "the name ${authority%:*} to resolve" ;;
    *) echo "$1 to answer (${said:-not within 5 s})" ;;
  esac
}
missing() {
  case $1 in
    dns://*) missing_name "${1#dns://}" ;;
    tcp://*:*) missing_port "${1#tcp://}" ;;
    http://*) missing_answer "$1" ;;
  esac
}

for target in "$@"; do
  case $target in
    dns://?* | tcp://?*:?* | http://?*) ;;
    *)
      echo "wait-for.sh: cannot wait for '$target': use dns://HOST, tcp://HOST:PORT or http://HOST:PORT/PATH"
      exit 2
      ;;
  esac
done

begin=$(date +%s)
for target in "$@"; do
  while :; do
    what=$(missing "$target")
    waited=$(($(date +%s) - begin))
    [ -z "$what" ] && break
    if [ "$waited" -ge "$limit" ]; then
      echo "GIVING UP after ${waited} s: still waiting for $what. Is the server running? The next try follows by itself."
      exit 1
    fi
    echo "waiting for $what (${waited} s of at most ${limit} s)"
    sleep "$interval" &
    wait $!
  done
  case $target in
    dns://*) echo "${target#dns://} resolves after ${waited} s" ;;
    tcp://*) echo "${target#tcp://} accepts connections after ${waited} s" ;;
    *) echo "$target answers after ${waited} s" ;;
  esac
done
