# shellcheck shell=bash
# Python of Debian 12 (packages of $PACKAGES_VERSION) with the clients of PostgreSQL and RabbitMQ.
private_debian
unpack_with_dependencies python3 python3-psycopg2 python3-pika
strip_debian
add_user app 1000
