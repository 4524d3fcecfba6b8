import { mysqlPort } from "../server-options";
import { probeUser } from "./users";

/** The port on which the proxy says how it is: `/alive`, and `/ready` while there is a primary. */
export const healthPort = 8404;
/** Connections that a proxy takes: more than a server does. */
const mostConnections = 4000;
/** Seconds without a word until a connection is closed: a little more than the server's own `wait_timeout`. */
const idleSeconds = 28_900;

/** What a member says that takes writes; every part of it is needed. */
const primaryAnswer = "group-primary-online-majority-rw-end";

const query = `SELECT CONCAT('group-', LOWER(own.MEMBER_ROLE), '-', LOWER(own.MEMBER_STATE), '-', IF((SELECT SUM(MEMBER_STATE <> 'UNREACHABLE') * 2 > COUNT(*) FROM performance_schema.replication_group_members), 'majority', 'minority'), '-', IF(@@GLOBAL.super_read_only, 'ro', 'rw'), '-end') FROM performance_schema.replication_group_members own WHERE own.MEMBER_ID = @@GLOBAL.server_uuid`;

/**
 * Configuration of the proxy: connections go to the member that says that it is the primary, has a majority and takes writes. The proxy asks every
 * member itself, three times a second, in MySQL's own protocol; sessions with a member that is no primary any more are ended.
 *
 * @param members names of all members, each with its host name, in which HAProxy replaces variables of its environment
 */
export function haproxyConfig(members: Readonly<Record<string, string>>): string {
  return `global
  log stdout format raw local0 notice
  maxconn ${mostConnections}
  hard-stop-after 5s
resolvers cluster
  parse-resolv-conf
  accepted_payload_size 8192
  hold valid 1s
  hold obsolete 5s
defaults
  mode tcp
  log global
  timeout connect 1s
  timeout check 800ms
  timeout client ${idleSeconds}s
  timeout server ${idleSeconds}s
  option clitcpka
  option srvtcpka
frontend health
  mode http
  bind :${healthPort}
  timeout client 5s
  http-request return status 200 if { path /alive }
  http-request return status 200 if { path /ready } { nbsrv(primary) ge 1 }
  http-request return status 503
frontend mysql
  bind :${mysqlPort}
  default_backend primary
backend primary
  balance first
  option tcp-check
  tcp-check connect
  tcp-check expect binary 0a
  tcp-check send-binary ${packet(1, login(probeUser))}
  # An OK: who has no password is let in without another question.
  tcp-check expect binary 00000200
  tcp-check send-binary ${packet(0, Buffer.concat([Buffer.from([3]), Buffer.from(query)]))}
  tcp-check expect string -end
  # Judged at once: else any other answer is waited for until the check's time is over.
  tcp-check expect min-recv 0 string ${primaryAnswer}
  tcp-check send-binary ${packet(0, Buffer.from([1]))}
  default-server check inter 300ms fastinter 300ms downinter 300ms fall 2 rise 1 init-state fully-down on-marked-down shutdown-sessions resolvers cluster init-addr none
${Object.entries(members)
  .map(([name, host]) => `  server ${name} "${host}:${mysqlPort}"\n`)
  .join("")}`;
}

/** A packet of MySQL's protocol, as HAProxy takes it. */
function packet(sequence: number, payload: Buffer): string {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence, 3);
  return Buffer.concat([header, payload]).toString("hex");
}

/** HandshakeResponse41 of a user without a password. */
function login(user: string): Buffer {
  // LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
  const capabilities = Buffer.from([0x01, 0x82, 0x08, 0x00]);
  const largestPacket = Buffer.from([0x00, 0x00, 0x00, 0x01]);
  const utf8mb4 = Buffer.from([45]);
  const text = (value: string) => Buffer.from(`${value}\0`);
  const noPassword = Buffer.from([0]);
  return Buffer.concat([
    capabilities,
    largestPacket,
    utf8mb4,
    Buffer.alloc(23),
    text(user),
    noPassword,
    text("caching_sha2_password"),
  ]);
}
