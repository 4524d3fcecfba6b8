import * as path from "node:path";
import { shopPasswords, siteGenerations } from "../../config/generations";
import type { StackConfig, SwarmStackConfig } from "../../config/schema";
import { versionName } from "../../platforms/content-hash";
import { objectName } from "../../platforms/swarm/stack";
import { localAddress, type App, type RotatedPassword } from "../app";
import { generationOfSecret } from "../mysql/app";
import { nginxPort } from "../nginx/settings";
import {
  ofEachServer,
  operatorFile,
  serverLogin,
  shopDockerfiles,
  shopOperator,
  shopServers,
  shopServices,
  shopUser,
  urlFile,
  urlRole,
  urlTemplate,
  users,
  type ShopServerName,
} from "./settings";

const gateway = `http://gateway:${nginxPort}`;

/** The example shop. */
export const shop: App = {
  name: "shop",
  images: (config) =>
    config.shop
      ? ["nginx", "shopFrontend", "shopProducts", "shopOrders", "shopUsers", "postgres", "redis", "rabbitmq"]
      : [],
  dockerfiles: shopDockerfiles,
  pages: (config) => ({
    services: config.shop
      ? [
          { name: "shop", app: "frontend", target: `${gateway}/` },
          ...Object.keys(shopServices).map((service) => ({
            name: `shop-${service}`,
            app: service,
            target: `${gateway}/health/${service}`,
          })),
        ]
      : [],
  }),
  published: (config) => (config.shop ? [localAddress("shop", "gateway", config.shop.port, "/")] : []),
  passwords: (config) => (config.shop ? Object.values(ofEachServer((server) => serverPassword(config, server))) : []),
  otherUsers: (config) => (config.shop ? [shopOperator, shopUser] : []),
  guardedPage: {
    command: "queues",
    description: "where RabbitMQ of the shop shows its queues, with user and password",
    title: "Queues are shown at",
    of: (config, stack) =>
      config.shop?.managementPort === undefined
        ? `Stack ${stack} shows no queues: it has no shop, or shop.managementPort is not set in Pulumi.${stack}.yaml`
        : {
            what: "The shop's RabbitMQ",
            swarm: {
              service: "rabbitmq",
              port: config.shop.managementPort,
              file: operatorFile("rabbitmq"),
              login: (password) => ({ username: shopUser, password }),
            },
          },
  },
  summary: (config, { flag }) => ({
    lines: config.shop
      ? [
          `Shop             http://localhost:${config.shop.port}/`,
          ...(config.shop.managementPort === undefined
            ? []
            : [
                `  queues         http://localhost:${config.shop.managementPort}/  (user and password: npm run ops -- queues${flag})`,
              ]),
        ]
      : [],
  }),
};

/** The password of a server's clients: that of two logins in turn. */
function serverPassword(config: StackConfig, server: ShopServerName): RotatedPassword {
  const site = shopPasswords[server];
  const [generation = 1, ...kept] = siteGenerations(config, site);
  const { placement } = (config as SwarmStackConfig).swarm;
  return {
    site,
    key: ["secrets", "generations", site],
    username: serverLogin(generation),
    subject: "The shop",
    generation,
    kept,
    // A login that tasks still have would get another password.
    mostAhead: 1,
    swarm: {
      // The last one says to the server who logs in.
      services: [...shopServers[server].clients, "logins"],
      generationIn: generationOfSecret(urlFile(server), generation, (stack, of) =>
        objectName(stack, versionName(`shop-${urlRole(server)}`, urlTemplate(server, of))),
      ),
    },
    discard: {
      swarm: {
        name: site,
        image: config.images.postgres,
        script: path.join(__dirname, "scripts", "logins.sh"),
        arguments: ["discard", server, serverLogin(generation + 1)],
        secrets: [urlFile(server), operatorFile(server)].map((file) => ({ services: ["logins"], file })),
        variables: {},
        user: users.postgres,
        data: "/var/lib/postgresql/data",
        placement: config.shop?.placement ?? placement,
      },
    },
  };
}
