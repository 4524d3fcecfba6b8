# shellcheck shell=bash
# The blackbox exporter from Debian 12 (packages of $PACKAGES_VERSION, programs of $PROGRAMS_VERSION), under the name it has in the official
# image.
private_debian
unpack_alone prometheus-blackbox-exporter
need_version prometheus-blackbox-exporter BLACKBOX_EXPORTER_VERSION
keep_programs prometheus-blackbox-exporter=blackbox_exporter
