# shellcheck shell=bash
# The server options that count when a data directory is made, and never again. Sourced by what makes one, and by what serves one.
#
# CONFIGURATION  folder of the option files; default: /etc/ghost-platform
# ZONES          folder of the time zones; default: /usr/share/zoneinfo

configuration="${CONFIGURATION:-/etc/ghost-platform}"
zones="${ZONES:-/usr/share/zoneinfo}"

# Prints the option file of this server. Of a member's two, either will do: what counts here is the same in both.
server_option_file() {
  local name
  for name in server source replica group; do
    if [ -e "$configuration/$name.cnf" ]; then
      echo "$configuration/$name.cnf"
      return
    fi
  done
  echo "there is no option file in $configuration" >&2
  return 1
}

# Writes the option file of a server that makes or receives data: what the stack may choose, which stands before `datadir`. Options of plugins
# that it does not load are passed over.
#   $1  the file to write
initial_options() {
  local from
  from=$(server_option_file) || return
  sed -e '/^datadir=/,$d' -e 's/^\([a-z]\)/loose_\1/' "$from" >"$1"
}

# Options over those, for a server that makes data: the zone that it is to have it does not know yet.
# shellcheck disable=SC2034 # for who sources this
initial_arguments=(--initialize-insecure --skip-log-bin --default-time-zone=SYSTEM --log-error-verbosity=1)

# Writes the statements that teach a new server the time zones of the image; without any, it knows offsets alone.
#   $1  the file to write
time_zone_statements() {
  local statements
  # The sed: the abbreviation of the zone "Factory" is longer than its column.
  if statements=$(set -o pipefail && timeout 120 mysql_tzinfo_to_sql "$zones" 2>/dev/null |
    sed 's/Local time zone must be set--see zic manual page/FCTY/') && [ -n "$statements" ]; then
    printf 'USE mysql;\n%s\n' "$statements" >"$1"
  else
    say "this image has no time zones below $zones: the server will know offsets such as +02:00 alone"
    echo "DO 1;" >"$1"
  fi
}

# Whether the image has the time zone that the server is to have; else says what to do.
time_zone_there() {
  local from zone
  from=$(server_option_file) || return
  zone=$(sed -n 's/^default_time_zone=//p' "$from" | tr -d '"')
  case "${zone,,}" in
    "" | system | [+-]*) return 0 ;;
  esac
  if [ ! -e "$zones/$zone" ]; then
    say "REFUSED: mysql.options.default_time_zone is $zone, and this image has no such zone below $zones. Nothing was changed."
    say "Name an offset instead, for example \"+02:00\", or an image that has the zones."
    return 1
  fi
}

# What counts at the beginning alone, a line each, as the server understands it; nothing where it does not say. It looks at the directory, whose
# file system decides, too.
#   $1  option file
#   $2  the data directory
lasting_options() {
  timeout 60 mysqld --defaults-file="$1" --datadir="$2" --verbose --help 2>/dev/null |
    awk '$1 ~ /^(lower-case-table-names|innodb-page-size|innodb-data-file-path)$/ {gsub("-", "_", $1); print $1 "=" $2}'
}

# Notes in a new data directory what it was made with.
#   $1  the directory
note_lasting_options() {
  local from
  from=$(server_option_file) || return
  lasting_options "$from" "$1" >"$1/made-with" || rm -f "$1/made-with"
}

# Whether the server can run on a data directory with the options that it has now; else says what to do. Where nobody knows, the server
# decides: it starts with no others than those.
#   $1  option file
#   $2  the directory
lasting_options_kept() {
  local name value made kept=yes
  [ -e "$2/made-with" ] || return 0
  while IFS='=' read -r name value; do
    made=$(sed -n "s/^$name=//p" "$2/made-with")
    if [ -n "$made" ] && [ "$made" != "$value" ]; then
      kept=no
      say "REFUSED: mysql.options.$name is $value, and this data was made with $made. The server takes another value for new data alone."
      say "Nothing was changed. Put it back to $made. To change it, save the databases (mysqldump), remove the data, start, and read them in."
    fi
  done < <(lasting_options "$1" "$2" || true)
  [ "$kept" = yes ]
}
