#!/bin/bash
# The commands with which a person acts on a set on Docker Swarm, a line each: part of messages only. Sourced.
#
# MEMBER          see member.sh
# SOURCE_SERVICE  full name of the source's service
# SERVICE         full name of this member's service
# CONTAINER       name of this member's container
# VOLUME          name of this member's data volume
# NODE            this node, where container and volume are

list_command() { echo "docker service ps $SOURCE_SERVICE $SERVICE"; }

# Ends a member, which starts again at once. Another one than this is the source.
#   $1  its name
restart_command() {
  if [ "$1" = "$MEMBER" ]; then echo "docker stop $CONTAINER"; else echo "docker service update --force $SOURCE_SERVICE"; fi
}

# Has the source made again from a member. The source tries again by itself.
#   $1  the member's ordinal
#   $2  ordinals of members that are given up, separated by commas; default: none
recover_commands() {
  echo "docker service update --label-add ghost-platform.recover-from=$1${2:+ --label-add ghost-platform.recover-without=$2} $SOURCE_SERVICE"
}

# Forgets from whom to recover.
forget_recovery_command() {
  echo "docker service update --label-rm ghost-platform.recover-from --label-rm ghost-platform.recover-without $SOURCE_SERVICE"
}

# Gives this member an empty volume, which a replica fills by a clone.
empty_volume_commands() {
  echo "docker service scale $SERVICE=0"
  echo "docker rm --force \$(docker ps --all --quiet --filter volume=$VOLUME) && docker volume rm $VOLUME   (on node $NODE)"
  echo "docker service scale $SERVICE=N   (as many as before)"
}

# Has a replica's data replaced by a clone.
replace_data_commands() {
  echo "docker exec $CONTAINER touch /var/lib/mysql/stale   (on node $NODE)"
  restart_command "$MEMBER"
}

# Makes the set a new one, which may begin empty.
forget_set_command() {
  echo "docker service update --label-rm ghost-platform.installed $SOURCE_SERVICE, set mysql.installed to false, and remove the data volumes of every member"
}
