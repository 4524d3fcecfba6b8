# shellcheck shell=bash
# The network of the engines, for up.sh and down.sh.

# Read by the scripts that source this file.
# shellcheck disable=SC2034
bridge=gp-engines
# shellcheck disable=SC2034
between_engines=(--in-interface "$bridge" --out-interface "$bridge" --jump ACCEPT)
