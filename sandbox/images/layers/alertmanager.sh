# shellcheck shell=bash
# Alertmanager from Debian 12 (packages of $PACKAGES_VERSION, programs of $PROGRAMS_VERSION), with the places of the official image; nobody owns
# the data. Debian's reads the templates it comes with from files.
private_debian
unpack_alone prometheus-alertmanager
need_version prometheus-alertmanager ALERTMANAGER_VERSION
templates=usr/share/prometheus/alertmanager
mv "$root/$templates" "$work/templates"
keep_programs prometheus-alertmanager=alertmanager amtool=amtool
mkdir -p "$root/${templates%/*}"
mv "$work/templates" "$root/$templates"
nobodys_folder alertmanager
