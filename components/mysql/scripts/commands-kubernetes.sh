#!/bin/bash
# The commands with which a person acts on a set on Kubernetes, a line each: part of messages only. Sourced.
#
# MEMBER   see member.sh
# KUBECTL  how a person reaches the set, for example "kubectl --namespace ghost"

set_name="${MEMBER%-*}"

list_command() { echo "$KUBECTL get pods"; }

# Ends a member, which starts again at once.
#   $1  its name
restart_command() { echo "$KUBECTL delete pod $1"; }

# Has the source made again from a member.
#   $1  the member's ordinal
#   $2  ordinals of members that are given up, separated by commas; default: none
recover_commands() {
  echo "$KUBECTL create configmap $set_name-recovery --from-literal=recoverFrom=$1${2:+ --from-literal=recoverWithout=$2}"
  restart_command "$set_name-0"
}

# Forgets from whom to recover.
forget_recovery_command() { echo "$KUBECTL delete configmap $set_name-recovery"; }

# Gives this member an empty volume, which a replica fills by a clone.
empty_volume_commands() {
  echo "$KUBECTL delete --wait=false pvc data-$MEMBER"
  restart_command "$MEMBER"
}

# Has a replica's data replaced by a clone.
replace_data_commands() { empty_volume_commands; }

# Orders a member of a group to make it, whatever the others have.
#   $1  its name; default: this one
order_command() { echo "$KUBECTL exec ${1:-$MEMBER} -c mysql -- touch /run/mysqld/bootstrap"; }

# Makes the set a new one, which may begin empty.
forget_set_command() { echo "$KUBECTL delete configmap $set_name-installed, and the claims of every member"; }
