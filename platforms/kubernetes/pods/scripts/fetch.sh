#!/bin/sh
# fetch.sh URL FILE: gets a file over HTTP for the containers that start next. Bounded by FETCH_SECONDS; says each round what is in the way.
# The file appears under its name when it is complete; one that is there from an earlier run is left alone. Runs in busybox.
set -eu
url=${1:?} file=${2:?}
limit=${FETCH_SECONDS:-120}
interval=2
partial=$file.partial
trap 'echo "stopped while fetching $url"; exit 143' TERM INT

if [ -e "$file" ]; then
  echo "$file is there"
  exit 0
fi
begin=$(date +%s)
# With -T, the wget of busybox 1.35 crashes.
until said=$(timeout 30 wget -q -O "$partial" "$url" 2>&1); do
  waited=$(($(date +%s) - begin))
  if [ "$waited" -ge "$limit" ]; then
    echo "GIVING UP after ${waited} s: $url cannot be fetched (${said:-no answer within 30 s}). The next try follows by itself."
    exit 1
  fi
  echo "waiting for $url: ${said:-no answer within 30 s} (${waited} s of at most ${limit} s)"
  sleep "$interval" &
  wait $!
done
mv "$partial" "$file"
echo "fetched $url: $(wc -c <"$file") bytes in $file"
