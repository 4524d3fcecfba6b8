#!/bin/bash
# Runs the server. A socket that a killed server left behind would keep the next one from starting.
set -euo pipefail
rm -f /run/mysqld/*
echo "start: the server takes over this stack's users and passwords, then accepts connections"
exec mysqld --defaults-file=/etc/ghost-platform/server.cnf
