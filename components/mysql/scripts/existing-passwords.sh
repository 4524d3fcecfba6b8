#!/bin/bash
# Writes the files that the server and its scripts read, with the passwords of somebody else's Secrets in the places of their marks. The bytes go from file to
# file by way of this shell and of pipes: never into an argument or a variable of an environment. What is no password that a file can carry is refused by
# the names of its Secret and key.
#
# PASSWORDS  a line each: the name in the mark, of the Secret, and of its key
set -euo pipefail
shopt -s inherit_errexit
trap 'exit 143' TERM INT
say() { echo "passwords: $*"; }
marked="${MARKED:-/run/secrets/mysql-marked}"
existing="${EXISTING:-/run/secrets/mysql-existing}"
filled="${FILLED:-/run/secrets/mysql}"
umask 077

# Puts what is in a file into a variable, its last line break included.
#   $1  name of the variable
#   $2  the file
whole() {
  local text
  text=$(cat "$2" && echo x)
  printf -v "$1" '%s' "${text%x}"
}

# Says what is wrong with a password, and nothing of it: the same rules as in config/mysql/existing-secret.ts.
#   $1  the name in its mark
mistake() {
  local password
  if [ ! -r "$existing/$1" ]; then
    echo "it is not there"
    return
  fi
  whole password "$existing/$1"
  if [[ "$password" =~ [[:space:]]$ ]]; then
    echo "it ends with a line break or a space. Make it without, for example with kubectl create secret --from-literal, or printf"
  elif [[ ! "$password" =~ ^[A-Za-z0-9._~-]{16,128}$ ]]; then
    echo "it must be 16 to 128 letters, digits and signs of - _ . ~, for example of openssl rand -hex 16"
  elif [[ "$password" =~ ^[0-9.eE-]+$ ]]; then
    echo "it must not be a number"
  elif [[ "$1" =~ ^(replication|group)$ ]] && ((${#password} > 32)); then
    echo "it has ${#password} characters, and MySQL takes 32 for this user"
  fi
}

wrong=no
while read -r mark secret key; do
  message=$(LC_ALL=C mistake "$mark")
  if [ -n "$message" ]; then
    say "REFUSED: the password in key $key of Secret $secret: $message"
    wrong=yes
  fi
done <<<"$PASSWORDS"
if [ "$wrong" = yes ]; then
  say "Mend the Secret; this pod goes on by itself"
  exit 1
fi

for file in "$marked"/*; do
  whole content "$file"
  while read -r mark _; do
    whole password "$existing/$mark"
    # As contentHash of the program has it.
    hash=$(printf '%s:%s' "${#password}" "$password" | sha256sum)
    content=${content//"{{password $mark}}"/"$password"}
    content=${content//"{{given $mark}}"/"${hash:0:10}"}
  done <<<"$PASSWORDS"
  printf '%s' "$content" >"$filled/.new"
  mv "$filled/.new" "$filled/${file##*/}"
done
say "the files of the server have the passwords of $(wc -l <<<"$PASSWORDS") keys of Secrets"
