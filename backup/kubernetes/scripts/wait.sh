#!/bin/sh
# Does nothing until it is told to stop, or for a day: programs are run beside it.
trap 'exit 0' TERM INT
sleep 86400 &
wait "$!"
