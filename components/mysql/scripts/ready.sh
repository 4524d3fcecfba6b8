#!/bin/bash
# Ready means: a client that logs in over TCP gets an answer.
exec timeout --kill-after=1 4 mysql --defaults-file=/run/secrets/mysql/monitor.cnf --connect-timeout=2 -NBe "DO 1"
