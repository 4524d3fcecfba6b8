import type { ImageName } from "../../config/images";
import { secretTemplate } from "../mysql/password-names";

/**
 * Name of PostgreSQL's database and of the user that made its data, which logs in nowhere but in its container; and of the administrator of
 * RabbitMQ, who sees its page.
 */
export const shopUser = "shop";

/** The operator of PostgreSQL and of Redis, who says who logs in, and asks for nothing else. That of RabbitMQ is its administrator. */
export const shopOperator = "shop_operator";

export const postgresPort = 5432;
export const redisPort = 6379;
export const rabbitmqPort = 5672;
export const managementPort = 15672;

/** User ids of the images. */
export const users = { postgres: 999, redis: 999, rabbitmq: 999, products: 1000, orders: 1000, users: 1000 } as const;

/** A server of the shop that its own services log in to. */
interface ShopServer {
  /** Those of the shop's own services that do. */
  clients: readonly (keyof typeof shopServices)[];
  scheme: string;
  port: number;
  /** What stands behind the host in its address. */
  path: string;
}

/**
 * The servers whose passwords are rotated. Each knows an operator, who may say who else logs in, and its clients' present login. The operators'
 * passwords are as old as the stack.
 */
export const shopServers = {
  postgres: { clients: ["products", "orders", "users"], scheme: "postgresql", port: postgresPort, path: shopUser },
  redis: { clients: ["products", "users"], scheme: "redis", port: redisPort, path: "0" },
  rabbitmq: { clients: ["orders"], scheme: "amqp", port: rabbitmqPort, path: "%2F" },
} as const satisfies Record<string, ShopServer>;

export type ShopServerName = keyof typeof shopServers;

/** Something of each server. */
export function ofEachServer<Value>(make: (server: ShopServerName) => Value): Record<ShopServerName, Value> {
  return { postgres: make("postgres"), redis: make("redis"), rabbitmq: make("rabbitmq") };
}

/** Whether one of the shop's own services logs in to a server. */
export function logsIn(service: keyof typeof shopServices, server: ShopServerName): boolean {
  return (shopServers[server].clients as readonly string[]).includes(service);
}

/**
 * Who logs in to a server with a generation of its password. A login has one password, so there are two in turn: while one gets the next
 * password, the other goes on with its own. Both may do the same.
 */
export function serverLogin(generation: number): "shop_a" | "shop_b" {
  return generation % 2 === 1 ? "shop_a" : "shop_b";
}

/** Where a container finds the address of a server with the present login, and the password of its operator, each as a file. */
export function urlFile(server: ShopServerName): string {
  return `/run/secrets/shop/${server}-url`;
}
export function operatorFile(server: ShopServerName): string {
  return `/run/secrets/shop/${server}-operator`;
}

/** Role of the secret with such an address. */
export function urlRole(server: ShopServerName): string {
  return `${server}-url`;
}

/**
 * The address of a server with a generation of its password, as the services take it from a file.
 *
 * @param host name of the server's service. Default: the server's
 */
export function serverUrl(server: ShopServerName, password: string, generation: number, host: string = server): string {
  const { path, port, scheme } = shopServers[server];
  return `${scheme}://${serverLogin(generation)}:${password}@${host}:${port}/${path}`;
}

/** What tells one generation of an address from the next; see `SecretContent.template`. */
export function urlTemplate(server: ShopServerName, generation: number, host?: string): string {
  return serverUrl(server, secretTemplate(generation), generation, host);
}

/** Redis, which holds sessions and a cache. Who logs in is the one thing of it that is on disk, as hashes. */
export const redisConfiguration = `bind * -::*
port ${redisPort}
aclfile /data/users.acl
save ""
appendonly no
dir /tmp
maxmemory 96mb
maxmemory-policy volatile-lru
`;

/** RabbitMQ, which takes its administrator from definitions at each start (`rabbitmq.sh`), and leaves who else logs in alone. */
export const rabbitmqConfiguration = `listeners.tcp.default = ${rabbitmqPort}
management.tcp.port = ${managementPort}
load_definitions = /tmp/definitions.json
log.console = true
log.console.level = warning
`;

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

/** Where in the project the Dockerfiles of the shop's own services are, by image. */
export const shopDockerfiles = {
  shopFrontend: "examples/shop/frontend",
  shopProducts: "examples/shop/products",
  shopOrders: "examples/shop/orders",
  shopUsers: "examples/shop/users",
} as const satisfies Partial<Record<ImageName, string>>;

export type ShopImage = keyof typeof shopDockerfiles;
