# shellcheck shell=sh
# rclone of remote storage that is the folder $FAKE_RCLONE/store, whose remote is `offsite`. Of the call of number $FAKE_RCLONE_AT, counted without that for its
# version, goes wrong what $FAKE_RCLONE_MODE says:
#   refuse  nothing is done, and status 5
#   lost    it is done, and status 1
#   half    half of it is done or said, and status 0
#   hang    nothing is done, and no end
if [ "$1" = version ]; then
  echo "rclone v1.75.2"
  exit
fi

count=$(($(cat "$FAKE_RCLONE/count") + 1))
echo "$count" > "$FAKE_RCLONE/count"
mode=none
if [ "$count" = "${FAKE_RCLONE_AT:-}" ]; then mode=$FAKE_RCLONE_MODE; fi

# The words that are no option, in their order, with the folder in the remote's place.
words=
while [ $# -gt 0 ]; do
  case $1 in
    --stat) stat=yes ;;
    --config | --contimeout | --timeout | --retries | --low-level-retries | --bwlimit | --stats | --stats-log-level | --files-from-raw) shift ;;
    --*) ;;
    offsite:*) words="$words $FAKE_RCLONE/store/${1#offsite:}" ;;
    *) words="$words $1" ;;
  esac
  shift
done
# shellcheck disable=SC2086 # words without spaces
set -- $words

put() {
  mkdir -p "$(dirname "$2")"
  if [ "$mode" = half ]; then head -c "$(($(wc -c < "$1") / 2))" "$1" > "$2"; else cp "$1" "$2"; fi
}

act() {
  case $1 in
    lsjson)
      if [ ! -d "$2" ]; then
        echo "["
        echo "2026/11/29 07:40:17 NOTICE: Failed to lsjson: directory not found" >&2
        return 3
      fi
      if [ "${stat:-}" = yes ]; then echo "{}"; return; fi
      echo "["
      (cd "$2" && find . -type f -printf '{"Path":"%P","Size":%s,"ModTime":"%TY-%Tm-%TdT%TH:%TM:00Z"},\n') | sed '$ s/,$//'
      echo "]"
      ;;
    copy)
      while read -r name || [ -n "$name" ]; do
        # What is not there is passed over, without a word.
        if [ -f "$2/$name" ]; then put "$2/$name" "$3/$name"; fi
        if [ "$mode" = half ]; then return; fi
      done
      ;;
    copyto) put "$2" "$3" ;;
    cat) if [ -f "$2" ]; then cat "$2"; fi ;;
    deletefile) if [ -f "$2" ]; then rm "$2"; else echo "NOTICE: object not found" >&2; return 4; fi ;;
    purge)
      if [ "$mode" = half ]; then find "$2" -type f | sort | head -n 1 | xargs -r rm; else rm -rf "$2"; fi
      ;;
    checksum) (cd "$4" && sha256sum --quiet --check "$3") >&2 ;;
    *) echo "no $1 here" >&2; return 1 ;;
  esac
}

case $mode in
  refuse) echo "2026/11/29 07:40:17 NOTICE: Failed to $1 with 2 errors: last error was: connection refused" >&2; exit 5 ;;
  hang) exec sleep 60 ;;
esac
act "$@" > "$FAKE_RCLONE/said"
status=$?
case $mode in
  half) head -c "$(($(wc -c < "$FAKE_RCLONE/said") / 2))" "$FAKE_RCLONE/said"; exit 0 ;;
  lost) cat "$FAKE_RCLONE/said"; exit 1 ;;
esac
cat "$FAKE_RCLONE/said"
exit "$status"
