"""
The orders of the shop: taken over HTTP, stored in PostgreSQL, queued in RabbitMQ, and confirmed by whoever takes them from the queue.

  POST /orders       {"product", "quantity"}, Authorization: Bearer   stores and queues an order
  GET  /orders/<id>  Authorization: Bearer                            an order of one's own
  GET  /health       what it depends on, by name; 503 when something is away
  GET  /alive        whether the program answers

DATABASE_URL_FILE and RABBITMQ_URL_FILE name files with the addresses, passwords included; PRODUCTS_URL and USERS_URL are addresses.

While PostgreSQL or RabbitMQ refuses the password, this program is not alive, so the one that it is to replace goes on.
"""

import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pika
import psycopg2

from orders import Mistake, checked_order, health, is_refusal

PORT = 5000
QUEUE = "orders"
# Of a question to another service or server: a machine under load takes its time, and a customer waits rather than orders again.
LIMIT_SECONDS = 10
# After so long a dependency counts as away.
CHECK_SECONDS = 4
LARGEST_BODY = 4096
# An order that is not confirmed by then is queued again.
FORGOTTEN_SECONDS = 15


def say(message):
    print(f"orders: {message}", flush=True)


def secret(variable):
    try:
        with open(os.environ[variable], encoding="utf-8") as file:
            return file.read().strip()
    except (KeyError, OSError):
        sys.exit(f"orders: {variable} must name a file that can be read")


DATABASE_URL = secret("DATABASE_URL_FILE")
RABBITMQ_URL = secret("RABBITMQ_URL_FILE")
PRODUCTS_URL = os.environ["PRODUCTS_URL"]
USERS_URL = os.environ["USERS_URL"]


# Set once a server was asked and did not refuse the password. That it is away is no reason to wait: it may be so for long.
ADMITTED = {"PostgreSQL": threading.Event(), "RabbitMQ": threading.Event()}


class Database:
    """A connection for each use: few requests, and none of them waits for a pool."""

    def __enter__(self):
        self.connection = psycopg2.connect(DATABASE_URL, connect_timeout=LIMIT_SECONDS)
        return self.connection.cursor()

    def __exit__(self, failure, *_):
        if failure is None:
            self.connection.commit()
        self.connection.close()


def queue_connection(heartbeat=30):
    parameters = pika.URLParameters(RABBITMQ_URL)
    parameters.heartbeat = heartbeat
    parameters.socket_timeout = LIMIT_SECONDS
    parameters.blocked_connection_timeout = LIMIT_SECONDS
    return pika.BlockingConnection(parameters)


def declared(connection):
    channel = connection.channel()
    # On disk, as its messages are: an order that was taken outlives the broker.
    channel.queue_declare(QUEUE, durable=True)
    return channel


def enqueue(order):
    connection = queue_connection()
    try:
        channel = declared(connection)
        channel.confirm_delivery()
        persistent = pika.BasicProperties(delivery_mode=2, content_type="application/json")
        channel.basic_publish("", QUEUE, json.dumps({"order": order}), persistent, mandatory=True)
    finally:
        connection.close()


def make_table():
    while True:
        try:
            with Database() as cursor:
                # One task at a time; the others then find the table.
                cursor.execute("SELECT pg_advisory_xact_lock(5000)")
                cursor.execute(
                    "CREATE TABLE IF NOT EXISTS orders (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer TEXT NOT NULL,"
                    " product BIGINT NOT NULL, name TEXT NOT NULL, quantity INT NOT NULL, cents BIGINT NOT NULL, status TEXT NOT NULL,"
                    " placed_at TIMESTAMPTZ NOT NULL DEFAULT now())"
                )
            ADMITTED["PostgreSQL"].set()
            say("the table is there")
            return
        except psycopg2.Error as error:
            if not is_refusal(error):
                ADMITTED["PostgreSQL"].set()
            say(f"waiting for PostgreSQL: {first_line(error)}")
            time.sleep(2)


def queue_forgotten():
    """Queues what was stored and not queued, because the queue or this task went away in between. Confirming twice changes nothing."""
    while True:
        time.sleep(FORGOTTEN_SECONDS)
        try:
            with Database() as cursor:
                cursor.execute(
                    "SELECT id FROM orders WHERE status = 'placed' AND placed_at < now() - make_interval(secs => %s) ORDER BY id LIMIT 100",
                    (FORGOTTEN_SECONDS,),
                )
                forgotten = [row[0] for row in cursor.fetchall()]
            for order in forgotten:
                enqueue(order)
                say(f"order {order} is queued again")
        except Exception as error:  # pylint: disable=broad-except
            say(f"forgotten orders wait: {type(error).__name__} {first_line(error)}")


def confirm(channel, method, _properties, body):
    order = json.loads(body)["order"]
    with Database() as cursor:
        cursor.execute("UPDATE orders SET status = 'confirmed' WHERE id = %s", (order,))
    channel.basic_ack(method.delivery_tag)
    say(f"order {order} is confirmed")


def consume():
    """Takes orders from the queue; an order whose confirmation failed goes back to it."""
    while True:
        try:
            connection = queue_connection()
            ADMITTED["RabbitMQ"].set()
            channel = declared(connection)
            channel.basic_qos(prefetch_count=1)
            channel.basic_consume(QUEUE, confirm)
            say("taking orders from the queue")
            channel.start_consuming()
        except Exception as error:  # pylint: disable=broad-except
            if not is_refusal(error):
                ADMITTED["RabbitMQ"].set()
            say(f"waiting for RabbitMQ: {type(error).__name__} {first_line(error)}")
            time.sleep(2)


def first_line(error):
    return (str(error).splitlines() or [""])[0]


def ask(url, headers=None):
    """JSON from another service; a refusal of its own is handed on."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code in (401, 404):
            raise Mistake(error.code, json.load(error).get("error", "refused")) from error
        raise


def customer_of(headers):
    return ask(f"{USERS_URL}/session", {"Authorization": headers.get("Authorization", "")})["user"]


def place(customer, body):
    product, quantity = checked_order(body)
    offered = ask(f"{PRODUCTS_URL}/products/{product}")
    with Database() as cursor:
        cursor.execute(
            "INSERT INTO orders (customer, product, name, quantity, cents, status) VALUES (%s, %s, %s, %s, %s, 'placed') RETURNING id",
            (customer, product, offered["name"], quantity, offered["cents"] * quantity),
        )
        order = cursor.fetchone()[0]
    # After the commit: whoever takes it from the queue must find it. What cannot be queued now is queued later.
    try:
        enqueue(order)
    except Exception as error:  # pylint: disable=broad-except
        say(f"order {order} is queued later: {type(error).__name__} {first_line(error)}")
    return {"id": order, "status": "placed"}


def read(customer, order):
    with Database() as cursor:
        cursor.execute(
            "SELECT id, name, quantity, cents, status FROM orders WHERE id = %s AND customer = %s", (order, customer)
        )
        row = cursor.fetchone()
    if row is None:
        raise Mistake(404, "there is no such order of yours")
    return dict(zip(("id", "name", "quantity", "cents", "status"), row))


def ask_for_table():
    """Tells a database that takes orders from one that only answers: the table is made a moment after the database came up."""
    with Database() as cursor:
        cursor.execute("SELECT 1 FROM orders LIMIT 1")


def checks():
    """Asks everything at the same time."""
    questions = {
        "postgres": ask_for_table,
        "rabbitmq": lambda: queue_connection().close(),
        "products": lambda: ask(f"{PRODUCTS_URL}/alive"),
        "users": lambda: ask(f"{USERS_URL}/alive"),
    }
    results = {name: "no answer" for name in questions}

    def check(name):
        try:
            questions[name]()
            results[name] = None
        except Exception as error:  # pylint: disable=broad-except
            say(f"{name}: {first_line(error)}")
            results[name] = str(error)

    threads = [threading.Thread(target=check, args=(name,), daemon=True) for name in questions]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + CHECK_SECONDS
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return results


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):  # pylint: disable=invalid-name
        parts = self.path.strip("/").split("/")
        if parts == ["alive"]:
            refused = [server for server, admitted in ADMITTED.items() if not admitted.is_set()]
            if refused:
                self.answer(503, {"status": f"waiting to be let in by {' and '.join(refused)}"})
            else:
                self.answer(200, {"status": "alive"})
        elif parts == ["health"]:
            self.answer(*health(checks()))
        elif len(parts) == 2 and parts[0] == "orders" and parts[1].isdigit():
            self.handled(200, lambda: read(customer_of(self.headers), int(parts[1])))
        else:
            self.answer(404, {"error": "there is nothing here"})

    def do_POST(self):  # pylint: disable=invalid-name
        if self.path.strip("/") == "orders":
            self.handled(201, lambda: place(customer_of(self.headers), self.body()))
        else:
            self.answer(404, {"error": "there is nothing here"})

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            raise Mistake(413, "the body is too large")
        try:
            return json.loads(self.rfile.read(length))
        except ValueError as error:
            raise Mistake(400, "the body must be JSON with product and quantity") from error

    def handled(self, status, work):
        try:
            self.answer(status, work())
        except Mistake as mistake:
            self.answer(mistake.status, {"error": str(mistake)})
        except Exception as error:  # pylint: disable=broad-except
            say(f"{self.command} {self.path}: {type(error).__name__} {first_line(error)}")
            self.answer(503, {"error": "orders cannot answer at the moment"})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("", PORT), Handler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=make_table, daemon=True).start()
    threading.Thread(target=consume, daemon=True).start()
    threading.Thread(target=queue_forgotten, daemon=True).start()
    say(f"listening on port {PORT}")
    server.serve_forever()


if __name__ == "__main__":
    main()
