# shellcheck shell=bash
# rclone from Debian unstable (packages of $PACKAGES_VERSION, $UNSTABLE_VERSION, programs of $PROGRAMS_VERSION): Debian 12's is too old.
unpack_unstable rclone RCLONE_VERSION
keep_programs rclone=rclone
