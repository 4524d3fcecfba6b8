# shellcheck shell=bash
# Which MySQL a data directory is of. A server of a later line takes it over for good, and one of an earlier line cannot read it; within a line either way
# works. Sourced.
#
# ACCEPT_UPGRADE  line that data may go to for good, for example 9.7; empty: none

# Prints the version of the server, for example 9.7.4; nothing where it does not say.
server_version() {
  timeout 60 mysqld --version 2>/dev/null | sed -n 's/^.* Ver \([0-9]\{1,\}\.[0-9]\{1,\}\.[0-9]\{1,\}\).*$/\1/p'
}

# Prints the version of the server that last had a data directory, as the server itself noted it, or else whoever made the directory; nothing where
# neither has.
#   $1  the directory
data_version() {
  if [ -s "$1/mysql_upgrade_history" ]; then
    grep -o '"version":"[0-9.]*' "$1/mysql_upgrade_history" | tail -n 1 | sed 's/^.*"//'
  elif [ -s "$1/served-by" ]; then
    cat "$1/served-by"
  fi
}

# Notes in a new data directory which server made it.
#   $1  the directory
note_version() { server_version >"$1/served-by" || rm -f "$1/served-by"; }

# The line of a version, for example 9.7 of 9.7.4.
line_of() { echo "${1%.*}"; }

# Whether the first of two lines is the later.
is_later() {
  [ "${1%.*}" -gt "${2%.*}" ] || { [ "${1%.*}" -eq "${2%.*}" ] && [ "${1#*.}" -gt "${2#*.}" ]; }
}

# Whether the server may have a data directory; else says what to do.
#   $1  the directory
version_fits() {
  local server data line had
  server=$(server_version) || server=""
  if [ -z "$server" ]; then
    say "FAILED: mysqld does not say which version it is, so nobody knows whether it may have these data. Nothing was changed."
    return 1
  fi
  line=$(line_of "$server")
  data=$(data_version "$1") || data=""
  if [ -z "$data" ]; then
    if [ "${ACCEPT_UPGRADE:-}" = "$line" ]; then return 0; fi
    say "REFUSED: nobody knows which MySQL $1 is of, and this is $server. Nothing was changed."
    say "If it is of $line, or may go there for good, set mysql.acceptUpgrade to \"$line\"."
    return 1
  fi
  had=$(line_of "$data")
  if [ "$had" = "$line" ]; then return 0; fi
  if is_later "$had" "$line"; then
    say "REFUSED: these data are of MySQL $data, and $server cannot read them. Nothing was changed."
    say "Name an image of MySQL $had in images.mysql. Back to $line lead only a backup of before, or a dump that an empty server of $line reads in."
    return 1
  fi
  if [ "${ACCEPT_UPGRADE:-}" = "$line" ]; then
    say "these data are of MySQL $data and go to $server for good, as mysql.acceptUpgrade says"
    return 0
  fi
  say "REFUSED: these data are of MySQL $data, and $server would take them over for good: there is no way back. Nothing was changed."
  say "Make a backup, then set mysql.acceptUpgrade to \"$line\". To stay: name an image of MySQL $had in images.mysql."
  return 1
}
