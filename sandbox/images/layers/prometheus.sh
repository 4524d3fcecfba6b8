# shellcheck shell=bash
# Prometheus from Debian 12 (packages of $PACKAGES_VERSION, programs of $PROGRAMS_VERSION), with the places of the official image; nobody owns
# the data.
private_debian
unpack_alone prometheus
need_version prometheus PROMETHEUS_VERSION
keep_programs prometheus=prometheus promtool=promtool
nobodys_folder prometheus
