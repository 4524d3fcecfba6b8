import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { randomPassword } from "../../platforms/password";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import { versionedSecret, type SecretFile } from "../../platforms/swarm/secrets";
import {
  memoryMount,
  serviceArgs,
  volumeMount,
  type Healthcheck,
  type ServiceSettings,
} from "../../platforms/swarm/service";
import { isOnMesh } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import { nginxPort } from "../nginx/settings";
import { nginxService } from "../nginx/swarm";
import { frontendConfig, gatewayConfig } from "./gateway";
import {
  logsIn,
  managementPort,
  ofEachServer,
  operatorFile,
  rabbitmqConfiguration,
  rabbitmqPort,
  redisConfiguration,
  serverUrl,
  shopServices,
  shopUser,
  urlFile,
  urlRole,
  urlTemplate,
  users,
  type ShopServerName,
} from "./settings";

const scripts = readScripts(path.join(__dirname, "scripts"), [
  "logins.sh",
  "postgres.sh",
  "rabbitmq.sh",
  "redis.sh",
  "roles.sql",
]);

export interface ShopArgs extends SwarmComponentArgs {
  images: Record<
    "nginx" | "postgres" | "redis" | "rabbitmq" | "shopFrontend" | "shopProducts" | "shopOrders" | "shopUsers",
    pulumi.Input<string>
  >;
  /** What stands before the names of its services, by which they find each other. Default: the component's name and a hyphen. */
  servicePrefix?: string | undefined;
  /** Port of the gateway, published by the stack's publish mode. */
  port: number;
  /** Port of RabbitMQ's management page. Absent: not published. */
  managementPort?: number | undefined;
  /** Generations of each server's password: the present one first, then those kept for rollback. Default: 1 alone. */
  generations?: Partial<Record<ShopServerName, readonly number[]>>;
  /** Tasks of each service without data. Default 2. */
  replicas?: number;
  /** Driver of the volumes of PostgreSQL, RabbitMQ and Redis. Default: `local`. */
  storage?: VolumeSettings;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** Keep the data when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * A shop of microservices: pages, a gateway, products (Node), orders (Python) and users (Go), on PostgreSQL, Redis and RabbitMQ. The sources of
 * its own services stand in examples/shop.
 *
 * The passwords of the three can be rotated. A task whose password is refused is not alive until it is known to the server, so the one that it
 * replaces goes on. The service `logins` makes it known; a server is never restarted for it.
 *
 * Its own services say on /health what they depend on and what of it is away. The engine asks them /alive instead: to end a task because the
 * database is away brings no database back. Everything starts at once and tries again until what it needs is there.
 */
export class Shop extends pulumi.ComponentResource {
  /** By what they do: `gateway`, `products`. */
  readonly services: Readonly<Record<string, docker.Service>> = {};
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  private readonly children: SwarmChildren;

  constructor(
    name: string,
    private readonly args: ShopArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ghost-platform:swarm:Shop", name, {}, opts);
    this.children = new SwarmChildren(name, args, { parent: this });
    this.nodes = this.children.nodes;
    const operators = ofEachServer((server) => this.operator(server));
    const addresses = ofEachServer((server) => this.address(server));
    this.dataServices(operators);
    this.logins([...Object.values(addresses), ...Object.values(operators)]);
    this.ownServices(addresses);
    this.webServices();
    this.registerOutputs({});
  }

  private dataServices(operators: ServerFiles): void {
    const { images, managementPort: published } = this.args;
    this.service("postgres", "database", {
      image: images.postgres,
      command: ["bash", `${scriptDirectory}/postgres.sh`],
      configs: this.configs("postgres", {
        [`${scriptDirectory}/postgres.sh`]: scripts["postgres.sh"],
        [`${scriptDirectory}/roles.sql`]: scripts["roles.sql"],
      }),
      user: users.postgres,
      environment: {
        POSTGRES_USER: shopUser,
        POSTGRES_DB: shopUser,
        POSTGRES_PASSWORD_FILE: operators.postgres.target,
        // Below the volume's own folder, which the server does not own everywhere.
        PGDATA: "/var/lib/postgresql/data/pgdata",
      },
      memory: "512Mi",
      networks: ["backend"],
      secrets: [operators.postgres],
      mounts: [
        this.volume("postgres-data", "/var/lib/postgresql/data"),
        memoryMount("/run/postgresql", "1Mi"),
        memoryMount("/tmp", "64Mi"),
      ],
      healthcheck: check(["pg_isready", "--host", "127.0.0.1", "--username", shopUser], "30m"),
    });
    this.service("redis", "cache", {
      image: images.redis,
      command: ["bash", `${scriptDirectory}/redis.sh`],
      configs: this.configs("redis", {
        [`${scriptDirectory}/redis.sh`]: scripts["redis.sh"],
        "/etc/redis/shop.conf": redisConfiguration,
      }),
      user: users.redis,
      memory: "160Mi",
      networks: ["backend"],
      secrets: [operators.redis],
      mounts: [this.volume("redis-data", "/data"), memoryMount("/tmp", "16Mi")],
      // Asked without the password, a server that is well refuses in its own words.
      healthcheck: check(["bash", "-c", "redis-cli -h 127.0.0.1 ping | grep -qE 'PONG|NOAUTH'"], "1m"),
    });
    this.service("rabbitmq", "messaging", {
      image: images.rabbitmq,
      command: ["bash", `${scriptDirectory}/rabbitmq.sh`],
      user: users.rabbitmq,
      // The name of its data: a task's host name is another one each time.
      environment: { RABBITMQ_NODENAME: "rabbit@localhost" },
      memory: "512Mi",
      networks: published === undefined ? ["backend"] : ["backend", "frontend"],
      secrets: [operators.rabbitmq],
      configs: this.configs("rabbitmq", {
        [`${scriptDirectory}/rabbitmq.sh`]: scripts["rabbitmq.sh"],
        "/etc/rabbitmq/conf.d/20-shop.conf": rabbitmqConfiguration,
      }),
      mounts: [
        this.volume("rabbitmq-data", "/var/lib/rabbitmq"),
        memoryMount("/var/log/rabbitmq", "16Mi"),
        memoryMount("/tmp", "16Mi"),
      ],
      // rabbitmq-diagnostics would start a virtual machine of Erlang for each question. The broker's port is only connected to: it logs a
      // warning for every greeting that no login follows.
      healthcheck: check(
        [
          "bash",
          "-c",
          `exec 3<>/dev/tcp/127.0.0.1/${rabbitmqPort} 4<>/dev/tcp/127.0.0.1/${managementPort} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&4 && timeout 5 head -n 1 <&4 | grep -q ' 200 '`,
        ],
        "10m",
      ),
      ...(published === undefined ? {} : { ports: { [published]: managementPort } }),
    });
  }

  /** Whoever says to the servers who logs in to them. Nobody talks to it. */
  private logins(secrets: SecretFile[]): void {
    this.service("logins", "operator", {
      image: this.args.images.postgres,
      command: ["bash", `${scriptDirectory}/logins.sh`, "keep"],
      configs: this.configs("logins", { [`${scriptDirectory}/logins.sh`]: scripts["logins.sh"] }),
      user: users.postgres,
      memory: "64Mi",
      networks: ["backend"],
      secrets,
      // The image has a volume there: one without a name would be left behind.
      mounts: [memoryMount("/var/lib/postgresql/data", "1Mi"), memoryMount("/tmp", "1Mi")],
      healthcheck: check(["test", "-e", "/tmp/asked"], "5m"),
    });
  }

  /** The password of a server's operator. */
  private operator(server: ShopServerName): SecretFile {
    const content = randomPassword(this.children, `${server}-operator-password`);
    const secret = versionedSecret(this.children, `${server}-operator`, { content, template: "password" });
    return { secret, target: operatorFile(server) };
  }

  /** The present address of a server. Those before it stay in the swarm, for a rollback. */
  private address(server: ShopServerName): SecretFile {
    const host = this.host(server);
    const version = (generation: number) => {
      const password = randomPassword(this.children, `${server}-password`, generation);
      const content = password.apply((text) => serverUrl(server, text, generation, host));
      return versionedSecret(this.children, urlRole(server), {
        content,
        template: urlTemplate(server, generation, host),
      });
    };
    const [present = 1, ...kept] = this.args.generations?.[server] ?? [];
    kept.forEach(version);
    return { secret: version(present), target: urlFile(server) };
  }

  private ownServices(addresses: ServerFiles): void {
    const { images } = this.args;
    const secretsOf = (client: keyof typeof shopServices) =>
      Object.values(ofEachServer((server) => (logsIn(client, server) ? [addresses[server]] : []))).flat();
    const common = {
      networks: ["frontend", "backend"],
      mounts: [memoryMount("/tmp", "16Mi")],
    } satisfies Partial<ServiceSettings>;
    this.replicated("products", "backend", {
      ...common,
      image: images.shopProducts,
      user: users.products,
      environment: { DATABASE_URL_FILE: urlFile("postgres"), REDIS_URL_FILE: urlFile("redis") },
      memory: "192Mi",
      secrets: secretsOf("products"),
      healthcheck: check(
        [
          "node",
          "-e",
          `fetch("http://127.0.0.1:${shopServices.products.port}/alive").then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`,
        ],
        "1m",
      ),
    });
    this.replicated("orders", "backend", {
      ...common,
      image: images.shopOrders,
      user: users.orders,
      environment: {
        DATABASE_URL_FILE: urlFile("postgres"),
        RABBITMQ_URL_FILE: urlFile("rabbitmq"),
        PRODUCTS_URL: `http://${this.host("products")}:${shopServices.products.port}`,
        USERS_URL: `http://${this.host("users")}:${shopServices.users.port}`,
      },
      memory: "128Mi",
      secrets: secretsOf("orders"),
      // Python takes seconds to start on a busy machine, every five seconds anew; bash speaks TCP by itself.
      healthcheck: check(
        [
          "bash",
          "-c",
          `exec 3<>/dev/tcp/127.0.0.1/${shopServices.orders.port} && printf 'GET /alive HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3`,
        ],
        "1m",
      ),
    });
    this.replicated("users", "backend", {
      ...common,
      image: images.shopUsers,
      user: users.users,
      environment: { DATABASE_URL_FILE: urlFile("postgres"), REDIS_URL_FILE: urlFile("redis") },
      memory: "64Mi",
      secrets: secretsOf("users"),
      healthcheck: check(["/users", "alive"], "1m"),
    });
  }

  private webServices(): void {
    const { images, port, stack } = this.args;
    const throughMesh = isOnMesh(stack);
    this.replicated("frontend", "frontend", {
      ...nginxService(this.part("frontend"), images.shopFrontend, frontendConfig()),
      networks: ["frontend"],
    });
    const gateway = {
      ...nginxService(
        this.part("gateway"),
        images.nginx,
        gatewayConfig({
          frontend: this.host("frontend"),
          products: this.host("products"),
          orders: this.host("orders"),
          users: this.host("users"),
        }),
      ),
      networks: ["frontend"],
      ports: { [port]: nginxPort },
    } satisfies ServiceSettings;
    // A port of the node is one task's alone.
    if (throughMesh) {
      this.replicated("gateway", "gateway", gateway);
    } else {
      this.service("gateway", "gateway", gateway);
    }
  }

  private replicated(service: string, tier: string, settings: ServiceSettings): void {
    this.service(service, tier, {
      ...settings,
      replicas: this.args.replicas ?? defaults.shop.replicas,
      updateOrder: "start-first",
    });
  }

  private service(service: string, tier: string, settings: ServiceSettings): void {
    const { placement, stack } = this.args;
    const labels = { app: "shop", tier };
    const args = serviceArgs(stack, this.host(service), { ...settings, placement, labels });
    (this.services as Record<string, docker.Service>)[service] = this.part(service).make("service", "", args);
  }

  /** What a service is called, by the others, too. */
  private host(service: string): string {
    return `${this.args.servicePrefix ?? `${this.children.objectName}-`}${service}`;
  }

  private part(service: string): SwarmChildren {
    return this.children.part(service, this.host(service));
  }

  private configs(service: string, files: Record<string, string>): ConfigFile[] {
    return configFiles(this.part(service), files);
  }

  private volume(role: string, target: string) {
    const { retainData = true, stack, storage = {} } = this.args;
    return volumeMount(namedVolume(stack, this.children, role, storage, retainData), target);
  }
}

/** A file of each server. */
type ServerFiles = Record<ShopServerName, SecretFile>;

function check(command: string[], startPeriod: string): Healthcheck {
  return { command, interval: "5s", timeout: "10s", retries: 6, startPeriod };
}
