# shellcheck shell=bash
# One script at a time works on a node or an engine.

# lock_folder FOLDER WHAT: makes FOLDER where it is missing and locks it until the script ends (descriptor 8: what lives longer is started with
# `8>&-`). Who had the lock before may have removed the folder with the lock in it; then both are made anew.
lock_folder() {
  local try
  for try in 1 2 3 4 5; do
    mkdir -p "$1"
    exec 8> "$1/lock"
    flock --timeout 120 8 || fail "another up or down of $2 has been running for two minutes"
    if [[ "$1/lock" -ef "/proc/$$/fd/8" ]]; then return; fi
    announce "the folder of $2 was removed meanwhile (try $try of 5)"
  done
  fail "somebody keeps removing $1"
}
