# shellcheck shell=bash
# Alertmanager from Debian 12 (packages of $PACKAGES_VERSION), with the places of the official image; nobody owns the data.
private_debian
unpack_alone prometheus-alertmanager
need_version prometheus-alertmanager ALERTMANAGER_VERSION
keep_programs prometheus-alertmanager=alertmanager amtool=amtool
nobodys_folder alertmanager
