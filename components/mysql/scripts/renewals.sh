#!/bin/bash
# Has the server show its new certificate, once there is one: where the platform puts a new file in the place of the former, no server has to start
# anew, and no connection ends. Runs beside the server, as long as who has started it.
#
# CERTIFICATES  folder of the certificate; default: /run/secrets/mysql-tls
set -euo pipefail
certificates="${CERTIFICATES:-/run/secrets/mysql-tls}"
secrets="${SECRETS:-/run/secrets/mysql}"
say() { echo "certificate: $*"; }

# Of all of it: a new authority has another file, too.
present() { cat "$certificates"/*.crt | sha256sum; }

# The server has read what is there now, or will in a moment.
shown=$(present)
while kill -0 "$PPID" 2>/dev/null; do
  sleep 5
  there=$(present) || continue
  if [ "$there" = "$shown" ]; then continue; fi
  # Where certificate and key do not fit each other, because one was read before the other was there, the server keeps what it has.
  if timeout --kill-after=1 20 mysql "--defaults-file=$secrets/root.cnf" --connect-timeout=5 -NBe "ALTER INSTANCE RELOAD TLS"; then
    shown="$there"
    say "the server shows its new certificate to whoever connects from now on"
  else
    say "the server does not take its new certificate, and shows the former one; trying again"
  fi
done
