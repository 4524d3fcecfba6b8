#!/usr/bin/env bash
# Entry point of the MySQL image built by the sandbox: it runs what it is given, and leaves making the data directory and the users to the
# caller. The MYSQL_* variables of the official image mean nothing here; better to say so than to start a server without them.
set -euo pipefail

if [[ -n ${MYSQL_ROOT_PASSWORD-}${MYSQL_ROOT_PASSWORD_FILE-}${MYSQL_DATABASE-} ]]; then
  echo "this image does not set up a server from MYSQL_* variables: initialise the data directory with 'mysqld --initialize-insecure'" >&2
  exit 1
fi
if [[ ${1-} == -* ]]; then
  set -- mysqld "$@"
fi
exec "$@"
