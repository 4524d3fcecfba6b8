#!/usr/bin/env bash
# Entry point of the WordPress image built by the sandbox, with the part of the official one's behaviour that this project relies on: puts the
# program into /var/www/html unless one is there, leaves what wp-content holds already, and gives it a configuration that reads the environment.
set -euo pipefail
umask 022

if [[ ${1-} == apache2* ]] && [[ ! -e /var/www/html/wp-includes/version.php ]]; then
  cd /usr/src/wordpress
  for entry in .htaccess *; do
    [[ $entry == wp-content ]] || cp -r "$entry" /var/www/html/
  done
  shopt -s nullglob
  for entry in wp-content/*.php wp-content/*/*; do
    target=/var/www/html/$entry
    if [[ ! -e $target ]]; then
      # Copied beside and renamed: tasks that start together on a shared volume find all of it, or nothing.
      mkdir -p "${target%/*}"
      cp -r "$entry" "$target.$HOSTNAME"
      mv -T "$target.$HOSTNAME" "$target" 2> /dev/null || rm -rf "$target.$HOSTNAME"
    fi
  done
  cp wp-config-docker.php /var/www/html/wp-config.php
  cd /var/www/html
fi
exec "$@"
