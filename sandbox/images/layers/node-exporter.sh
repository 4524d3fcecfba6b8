# shellcheck shell=bash
# The node exporter from Debian 12 (packages of $PACKAGES_VERSION, programs of $PROGRAMS_VERSION), under the name it has in the official image.
private_debian
unpack_alone prometheus-node-exporter
need_version prometheus-node-exporter NODE_EXPORTER_VERSION
keep_programs prometheus-node-exporter=node_exporter
