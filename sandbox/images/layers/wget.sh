# shellcheck shell=bash
# busybox's wget from Debian 12 (packages of $PACKAGES_VERSION): the official images of Prometheus and its companions have it, and health checks
# ask with it.
private_debian
unpack_alone busybox
rm -rf "${root:?}"/usr/share
ln -s busybox "$root/usr/bin/wget"
