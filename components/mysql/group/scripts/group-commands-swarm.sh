#!/bin/bash
# The commands with which a person acts on a group on Docker Swarm, a line each: part of messages only. Sourced.
#
# MEMBER     see group-peers.sh
# SERVICES   full names of the members' services by their ordinal, separated by spaces
# CONTAINER  name of this member's container
# VOLUME     name of this member's data volume
# NODE       this node, where container and volume are

# Full name of a member's service.
#   $1  its name
service_of() {
  local names
  read -r -a names <<<"$SERVICES"
  echo "${names[${1##*-}]:-SERVICE}"
}

list_command() { echo "docker service ps $SERVICES"; }

# Ends a member, which starts again at once.
#   $1  its name
restart_command() { echo "docker service update --force $(service_of "$1")"; }

# Gives this member an empty volume, which it fills by a clone.
empty_volume_commands() {
  local service
  service=$(service_of "$MEMBER")
  echo "docker service scale $service=0"
  echo "docker rm --force \$(docker ps --all --quiet --filter volume=$VOLUME)   (on node $NODE)"
  echo "docker volume rm $VOLUME   (on node $NODE)"
  echo "docker service scale $service=1"
}

# Orders a member to make the group, whatever the others have.
#   $1  its name; default: this one
order_command() {
  if [ "${1:-$MEMBER}" = "$MEMBER" ]; then
    echo "docker exec $CONTAINER touch /run/mysqld/bootstrap   (on node $NODE)"
  else
    echo "docker exec \$(docker ps --quiet --filter name=^SERVICE[.]1[.]) touch /run/mysqld/bootstrap   (on its node, with SERVICE of: $SERVICES)"
  fi
}
