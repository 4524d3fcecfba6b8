# shellcheck shell=bash
# Node from npm: the package node-linux-<cpu> holds the binary of nodejs.org. User node is 1000:1000, as in the official images.
case $architecture in
  amd64) cpu=x64 ;;
  arm64) cpu=arm64 ;;
  *) fail "npm has no Node binary for $architecture (only amd64 and arm64)" ;;
esac

cd "$work"
npm pack --silent "node-linux-$cpu@$NODE_VERSION" > "$log"
mkdir -p "$root/usr/local/bin" "$root/etc" "$root/home/node"
tar -xzf "node-linux-$cpu-$NODE_VERSION.tgz" -C "$root/usr/local" --strip-components 1 package/bin/node

{
  lower_file etc/passwd
  echo "node:x:1000:1000::/home/node:/bin/bash"
} > "$root/etc/passwd"
{
  lower_file etc/group
  echo "node:x:1000:"
} > "$root/etc/group"
chown 1000:1000 "$root/home/node"
