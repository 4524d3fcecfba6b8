# shellcheck shell=bash
# Where the sandbox keeps what is slow to build (cache) and what belongs to a running node or engine (state).
# The cache can be deleted at any time: the next build makes it again. The state is deleted by the down scripts with --data.

cache_folder=${GHOST_PLATFORM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ghost-platform}
# Read by the scripts that source this file.
# shellcheck disable=SC2034
state_folder=${GHOST_PLATFORM_STATE:-/var/lib/ghost-platform-sandbox}

# recipe_hash FILE_OR_FOLDER...: twelve hexadecimal digits that change when any of these files changes. Names count relative to the current
# folder, so that two checkouts of the same recipe share a cache.
recipe_hash() {
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12
}

# lock_cache NAME: one build of NAME at a time; a second one waits until the first is done and then finds its result. Held until the
# script ends. A build takes 10 minutes on two cores, and took 30 beside other builds: one of 50 hangs.
lock_cache() {
  mkdir -p "$cache_folder"
  exec 9> "$cache_folder/$1.lock"
  if ! flock --nonblock 9; then
    announce "another build of $1 is running; waiting for it"
    flock --timeout 3000 9 || fail "another build of $1 still holds $cache_folder/$1.lock after 50 minutes: look for it with 'fuser $cache_folder/$1.lock'"
  fi
}
