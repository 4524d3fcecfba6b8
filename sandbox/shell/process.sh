# shellcheck shell=bash
# Long-running programs of the sandbox: each has NAME.pid and a log in a folder of its own, and is started and stopped by name.

# process_runs PID_FILE PROGRAM: whether the process of that file lives and is PROGRAM (a pid of an earlier boot may be somebody else's now).
process_runs() {
  local pid
  pid=$(cat "$1" 2> /dev/null) && [[ $(readlink "/proc/$pid/exe" 2> /dev/null) == */"$2"* ]]
}

# stop_process PID_FILE PROGRAM SECONDS: asks it to stop, waits up to SECONDS, then kills it. No process is fine too.
stop_process() {
  local pid deadline=$((SECONDS + $3))
  if process_runs "$1" "$2"; then
    pid=$(cat "$1")
    kill "$pid" 2> /dev/null || true
    while kill -0 "$pid" 2> /dev/null; do
      if ((SECONDS >= deadline)); then
        announce "$2 did not stop within $3 s: killing it"
        kill -KILL "$pid" 2> /dev/null || true
        break
      fi
      sleep 0.1
    done
  fi
  rm -f "$1"
}

# kill_cgroup NAME: kills what still runs in the control group NAME below any hierarchy (version 1 or 2), and removes the group.
kill_cgroup() {
  local group pid
  for group in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
    [[ -d $group ]] || continue
    while read -r pid; do
      kill -KILL "$pid" 2> /dev/null || true
    done < <(find "$group" -name cgroup.procs -exec cat {} + 2> /dev/null | sort -u)
  done
  sleep 0.2 # a killed process leaves its group when the kernel has let it go
  find /sys/fs/cgroup -depth -type d \( -path "/sys/fs/cgroup/$1" -o -path "/sys/fs/cgroup/$1/*" -o -path "/sys/fs/cgroup/*/$1" -o -path "/sys/fs/cgroup/*/$1/*" \) \
    -exec rmdir {} \; 2> /dev/null || true
}
