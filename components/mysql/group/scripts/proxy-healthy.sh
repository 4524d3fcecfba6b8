#!/bin/bash
# Well means: the proxy answers. The image has no program that asks over HTTP.
#
# HEALTH_PORT  where it says how it is
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$HEALTH_PORT"
printf 'GET /alive HTTP/1.0\r\n\r\n' >&3
read -r -t 2 answer <&3
[[ "$answer" == *" 200 "* ]]
