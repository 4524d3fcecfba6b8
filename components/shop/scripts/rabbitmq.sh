#!/bin/bash
# Runs RabbitMQ with the administrator of this stack. Data that outlived the administrator's password get the new one; who else logs in is not
# said here, so a restart changes nothing of it.
set -euo pipefail

password=$(< /run/secrets/shop/rabbitmq-operator)
(
  umask 077
  cat > /tmp/definitions.json << JSON
{
  "vhosts": [{ "name": "/" }],
  "users": [{ "name": "shop", "password": "$password", "tags": "administrator" }],
  "permissions": [{ "user": "shop", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*" }]
}
JSON
)
exec rabbitmq-server
