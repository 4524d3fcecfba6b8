# shellcheck shell=bash
# Pebble from Debian unstable (packages of $PACKAGES_VERSION, $UNSTABLE_VERSION, programs of $PROGRAMS_VERSION), and the name server that comes with it.
unpack_unstable pebble PEBBLE_VERSION
keep_programs pebble=pebble pebble-challtestsrv=pebble-challtestsrv
