# shellcheck shell=bash
# Debian 12, as small as debootstrap makes it: what the official Node images stand on.
need_programs debootstrap=debootstrap

debootstrap --variant=minbase bookworm "$root" "$debian_mirror" > "$log"
strip_debian
