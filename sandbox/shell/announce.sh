# shellcheck shell=bash
# What a person at the terminal reads: one line a step, with the seconds since the script began, and errors that say what to do.

# announce TEXT: one step of the work, on stdout.
announce() {
  printf '%5ss  %s\n' "$SECONDS" "$*"
}

# fail TEXT: the reason on stderr, then the end of the script.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# wait_until SECONDS WHAT COMMAND...: runs COMMAND every half second until it succeeds; says what it waits for, and how long it took.
# Returns 1 after SECONDS, so that the caller can say where to look.
wait_until() {
  local limit=$1 what=$2 begin=$SECONDS next=10
  shift 2
  until "$@" > /dev/null 2>&1; do
    if ((SECONDS - begin >= limit)); then
      announce "gave up after ${limit} s: $what"
      return 1
    fi
    if ((SECONDS - begin >= next)); then
      announce "still waiting: $what"
      next=$((next + 10))
    fi
    sleep 0.5
  done
  announce "$what ($((SECONDS - begin)) s)"
}
