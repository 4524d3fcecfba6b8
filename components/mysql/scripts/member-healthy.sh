#!/bin/bash
# Well, for a platform that has one health check, ends what fails it, and names a member to others from the first success on: a replica is
# well for the first time once it is ready, and from then on as long as its server lives and it may join the source. One that may not is
# ended, and its successor is not well before it is ready; so nobody reads from it. Being late ends nobody.
#
# MEMBER, MAX_LAG  see member-ready.sh
set -euo pipefail
scripts="${SCRIPTS:-/scripts}"
# Answers as long as the server does, even when it refuses the login.
mysqladmin --defaults-file=/run/secrets/mysql/monitor.cnf --connect-timeout=10 ping
if [ "${MEMBER##*-}" = 0 ]; then exit 0; fi

been_ready=/run/mysqld/been-ready
if [ ! -e "$been_ready" ]; then
  bash "$scripts/member-ready.sh"
  touch "$been_ready"
fi
read -r state _ </run/mysqld/replication || true
case "$state" in
  refused | broken)
    echo "not replicating ($state); see this container's log"
    exit 1
    ;;
esac
