#!/bin/sh
# Whether the kernel of this machine carries encrypted overlay networks. Tries what the engine asks of it for each other node, ESP with AES-GCM, in
# a network namespace that goes with the attempt. The engine itself only logs a refusal, and such a network then carries nothing between nodes.
#
# Prints one line: yes | no REASON | unknown REASON
set -eu

for program in unshare ip; do
  if ! command -v "$program" > /dev/null; then
    echo "unknown: $program is not installed there"
    exit 0
  fi
done
if ! refused=$(unshare --net true 2>&1); then
  echo "unknown: $refused"
elif refused=$(unshare --net ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 mode transport \
  aead 'rfc4106(gcm(aes))' 0x0001020304050607080910111213141516171819 64 2>&1); then
  echo "yes"
else
  echo "no: $refused"
fi
