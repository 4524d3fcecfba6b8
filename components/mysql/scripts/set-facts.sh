# shellcheck shell=bash
# What is known about a set outside the volumes of its members. Sourced.
#
# Where no file of that name under /etc/ghost-platform/set says so:
# INSTALLED   "yes" when the set has been up before, empty when not
# MEMBERS     members that the set has, all of them

set_facts="${SET_FACTS:-/etc/ghost-platform/set}"

# Prints what is known about the set outside its volumes; nothing where it is known to be absent. Fails when that is not known.
#   $1  name of the file that says so
#   $2  name of the variable that says so without it
set_fact() {
  if [ -d "$set_facts" ]; then
    if [ ! -e "$set_facts/$1" ] && [ ! -L "$set_facts/$1" ]; then return 0; fi
    tr -d '[:space:]' <"$set_facts/$1"
  elif [ -n "${!2+set}" ]; then
    tr -d '[:space:]' <<<"${!2}"
  else
    return 1
  fi
}

was_installed() {
  local said
  if ! said=$(set_fact installed INSTALLED); then
    echo unknown
  elif [ -n "$said" ]; then
    echo yes
  else
    echo no
  fi
}
