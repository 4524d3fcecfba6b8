#!/usr/bin/env bash
# ssh.sh DIR I... : starts an ssh server on each of the engines I that up.sh has started in DIR, so that ssh://root@10.99.0.I is a Docker
# host. It lives in the engine's network and ends with it (down.sh). Needs root.
#
# The last line is a folder with an ssh that has the key of these machines and knows theirs; it is to be the first on PATH. Nobody's own
# ~/.ssh/config and known_hosts are read or written. `stranger` is the first of the machines under a name whose key nobody knows; other ports are
# doors that do not open: sshd_config says which.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/debian.sh"
source "$here/../shell/lock.sh"
source "$here/../shell/process.sh"

usage="usage: ssh.sh DIR I..."
dir=$(realpath -m "${1:?$usage}")
shift
(($# > 0)) || fail "$usage"
for i in "$@"; do [[ $i =~ ^[1-9]$ ]] || fail "$usage"; done
need_root "an ssh server in the network of an engine"
need_programs /usr/sbin/sshd=openssh-server ssh=openssh-client ssh-keygen=openssh-client nsenter=util-linux flock=util-linux
lock_folder "$dir" "the engines in $dir"

own=$dir/ssh
mkdir -p "$own/bin" /run/sshd
for key in host client; do
  [[ -e $own/$key ]] || ssh-keygen -q -t ed25519 -N '' -C "$key of the sandbox" -f "$own/$key"
done
cp "$own/client.pub" "$own/authorized_keys"
echo "10.99.0.* $(cut -d ' ' -f 1,2 "$own/host.pub")" > "$own/known_hosts"
cat > "$own/client.conf" << EOT
IdentityFile $own/client
IdentitiesOnly yes
UserKnownHostsFile $own/known_hosts
GlobalKnownHostsFile none
Host stranger
  Hostname 10.99.0.$1
  HostKeyAlias stranger
EOT
# PATH may have this one of an earlier run.
program=$(type -ap ssh | grep --invert-match --line-regexp --fixed-strings "$own/bin/ssh" | head -n 1)
cat > "$own/bin/ssh" << EOT
#!/bin/sh
exec $program -F $own/client.conf "\$@"
EOT
chmod 755 "$own/bin/ssh"

answers() {
  "$own/bin/ssh" -o BatchMode=yes -o ControlPath=none -o ConnectTimeout=2 "root@10.99.0.$1" true
}

for i in "$@"; do
  process_runs "$dir/$i/docker.pid" dockerd || fail "engine $i does not run: up.sh $dir --only $i"
  if process_runs "$dir/$i/sshd.pid" sshd; then
    announce "the ssh server of node$i is running already"
    continue
  fi
  sed "s|@dir@|$dir|g; s|@i@|$i|g; s|@machine@|$here/machine|g" "$here/sshd_config" > "$dir/$i/sshd_config"
  nsenter --net="$dir/$i/network" unshare --uts bash -euc "
    hostname node$i
    echo \$\$ > '$dir/$i/sshd.pid'
    exec /usr/sbin/sshd -D -e -f '$dir/$i/sshd_config'" >> "$dir/$i/sshd.log" 2>&1 < /dev/null 8>&- &
  disown
done
for i in "$@"; do
  wait_until 20 "ssh to node$i answers" answers "$i" || fail "ssh to node$i does not answer; the end of $dir/$i/sshd.log: $(tail -n 5 "$dir/$i/sshd.log")"
done
echo "$own/bin"
