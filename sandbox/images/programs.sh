# shellcheck shell=bash
# For layers that are a few programs of a package, without what else is in it. Expects what packages.sh does.
# shellcheck disable=SC2154

# A layer's script that mentions it is built again when this file changes.
# shellcheck disable=SC2034
PROGRAMS_VERSION=$(cd "$here" && recipe_hash programs.sh)

# keep_programs PACKAGED=NAME...: of what was unpacked these programs alone, each under another name.
keep_programs() {
  local pair
  mkdir -p "$work/programs"
  for pair in "$@"; do mv "$root/usr/bin/${pair%%=*}" "$work/programs/${pair#*=}"; done
  rm -rf "${root:?}"/*
  for pair in "$@"; do install_executable "$work/programs/${pair#*=}" "usr/bin/${pair#*=}"; done
}

# nobodys_folder NAME: a folder for data, as images have it that run as user nobody.
nobodys_folder() {
  mkdir -p "$root/$1"
  chown 65534:65534 "$root/$1"
}
