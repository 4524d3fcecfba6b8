# shellcheck shell=bash
# Programs of the distribution that the sandbox needs on this machine.

# need_programs PROGRAM=PACKAGE...: installs the Debian packages of the programs that are missing; where that is impossible, names all of
# them in one message. PROGRAM is a name on PATH or an absolute path. Asking for programs, not packages, leaves alone a machine that has
# them from elsewhere (Docker's own packages, another distribution).
need_programs() {
  local pair program packages=()
  for pair in "$@"; do
    program=${pair%%=*}
    command -v "$program" > /dev/null || packages+=("${pair#*=}")
  done
  ((${#packages[@]} > 0)) || return 0
  command -v apt-get > /dev/null || fail "missing programs, and no apt-get here to install them; Debian calls their packages: ${packages[*]}"
  ((EUID == 0)) || fail "missing Debian packages; install them first: sudo apt-get install ${packages[*]}"
  install_packages "${packages[@]}"
}

# install_packages PACKAGE...: apt-get, quietly; its output is shown when it fails.
install_packages() {
  announce "installing Debian packages: $*"
  local log policy=/usr/sbin/policy-rc.d own_policy=no result=0
  log=$(mktemp)
  # Answering 101 keeps docker.io and containerd from starting as services beside the ones the sandbox starts for itself.
  if [[ ! -e $policy ]]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
  fi
  # Two scripts may install at the same time: each waits for apt's lock.
  {
    apt-get -o DPkg::Lock::Timeout=300 -q update &&
      DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q install --yes --no-install-recommends "$@"
  } > "$log" 2>&1 || result=$?
  if [[ $own_policy == yes ]]; then rm -f $policy; fi
  if ((result > 0)); then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $* (its last lines are above)"
  fi
  rm -f "$log"
}

# debian_archive: prints the archive that this machine installs Debian's packages from; nothing where it knows none.
debian_archive() {
  # shellcheck disable=SC2016 # apt-get fills in the field
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    awk '/\/debian\/*$/ && !found { sub(/\/+$/, ""); print; found = 1 }'
}

# need_root WHAT: ends the script with one message unless it runs as root.
need_root() {
  ((EUID == 0)) || fail "$1 needs root (namespaces, mounts, network interfaces): run it with sudo"
}
