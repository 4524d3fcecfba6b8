import { secretTemplate } from "../mysql/password-names";

/** Name of the shop's user at RabbitMQ, of its database, and of the user that made PostgreSQL's data and logs in nowhere but in its container. */
export const shopUser = "shop";

/**
 * The role that logs in to PostgreSQL with a generation of the password. A role of PostgreSQL has one password, so there are two roles in turn:
 * while one gets the next password, the other goes on with its own. Both are the same owner of the tables.
 */
export function databaseRole(generation: number): "shop_a" | "shop_b" {
  return generation % 2 === 1 ? "shop_a" : "shop_b";
}
export const postgresPort = 5432;
export const redisPort = 6379;
export const rabbitmqPort = 5672;
export const managementPort = 15672;

/** User ids of the images. */
export const users = { postgres: 999, redis: 999, rabbitmq: 999, products: 1000, orders: 1000, users: 1000 } as const;

/** Where a container finds what is secret, each as a file. */
export const secretFiles = {
  databaseUrl: "/run/secrets/shop/database-url",
  redisUrl: "/run/secrets/shop/redis-url",
  rabbitmqUrl: "/run/secrets/shop/rabbitmq-url",
  databasePassword: "/run/secrets/postgres/password",
  redisConfiguration: "/run/secrets/redis/redis.conf",
  rabbitmqDefinitions: "/run/secrets/rabbitmq/definitions.json",
} as const;

/** Addresses with their passwords, as the services take them from files. */
export function databaseUrl(password: string, generation: number): string {
  return `postgresql://${databaseRole(generation)}:${password}@postgres:${postgresPort}/${shopUser}`;
}

/** Where a container finds the address with another generation of the password than the present one. */
export function formerDatabaseUrl(generation: number): string {
  return `${secretFiles.databaseUrl}-${generation}`;
}

/** The name of the secret with a generation of the address, without the stack's. */
export const databaseUrlSecret = "shop-database-url";

/** What tells one generation of that secret from the next; see `SecretContent.template`. */
export function databaseUrlTemplate(generation: number): string {
  return databaseUrl(secretTemplate(generation), generation);
}

export function redisUrl(password: string): string {
  return `redis://:${password}@redis:${redisPort}/0`;
}

export function rabbitmqUrl(password: string): string {
  return `amqp://${shopUser}:${password}@rabbitmq:${rabbitmqPort}/%2F`;
}

/**
 * Redis with a password, and nothing on disk: it holds sessions and a cache. The password stands in the configuration file, not on the command
 * line, where every process of the node could read it.
 */
export function redisConfiguration(password: string): string {
  return `bind * -::*
port ${redisPort}
requirepass ${password}
save ""
appendonly no
dir /tmp
maxmemory 96mb
maxmemory-policy volatile-lru
`;
}

/** RabbitMQ, which takes its users from `rabbitmqDefinitions` at each start. */
export const rabbitmqConfiguration = `listeners.tcp.default = ${rabbitmqPort}
management.tcp.port = ${managementPort}
load_definitions = ${secretFiles.rabbitmqDefinitions}
log.console = true
log.console.level = warning
`;

/** The one user of RabbitMQ. Data that outlived its password get the new one. */
export function rabbitmqDefinitions(password: string): string {
  return JSON.stringify({
    vhosts: [{ name: "/" }],
    users: [{ name: shopUser, password, tags: "administrator" }],
    permissions: [{ user: shopUser, vhost: "/", configure: ".*", write: ".*", read: ".*" }],
  });
}

/** A service of the shop's own behind the gateway. */
export interface ShopService {
  port: number;
  /** First parts of the paths below /api that it answers. */
  paths: readonly string[];
}

export const shopServices = {
  products: { port: 3000, paths: ["products"] },
  orders: { port: 5000, paths: ["orders"] },
  users: { port: 3002, paths: ["users", "sessions"] },
} as const satisfies Record<string, ShopService>;
