#!/bin/bash
# Runs the server. A socket that a killed server left behind would keep the next one from starting.
#
#   $1   option file; default: the single server's
#   $@   further options
set -euo pipefail
rm -f /run/mysqld/*
echo "start: the server takes over this stack's users and passwords, then accepts connections"
exec mysqld --defaults-file="${1:-/etc/ghost-platform/server.cnf}" "${@:2}"
