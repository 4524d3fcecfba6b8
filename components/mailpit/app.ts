import { publishedAddress } from "../../platforms/kubernetes/network/publish";
import { hasInbox } from "../../config/apps";
import type { App } from "../app";
import { pageAddresses, shownPage } from "../edge/addresses";
import { inboxLoginFile, inboxUser, mailpitUser, webPort } from "./settings";

/** The inbox of a stack. */
export const mailpit: App = {
  name: "mailpit",
  images: (config) => (hasInbox(config) ? ["mailpit"] : []),
  pages: (config) =>
    hasInbox(config)
      ? { services: [{ name: "inbox", app: "mailpit", target: `http://mailpit:${webPort}/readyz` }] }
      : {},
  // What asks for a login there answers this page without one.
  published: (config) => (hasInbox(config) ? pageAddresses(config, "inbox", "mailpit", config.mailpit, "/readyz") : []),
  data: (config) =>
    hasInbox(config)
      ? [
          {
            key: "mailpit",
            image: config.images.mailpit,
            user: mailpitUser,
            storage: config.mailpit.storage,
            placement: config.mailpit.placement,
          },
        ]
      : [],
  otherUsers: (config) => (config.mailpit.enabled ? ["mailpit", inboxUser] : []),
  guardedPage: {
    command: "inbox",
    description: "where the stack's mail arrives, with user and password",
    title: "Mail arrives at",
    shownAtStart: true,
    of: (config, stack) => {
      const { authentication, enabled, existingSecret, port } = config.mailpit;
      if (!hasInbox(config)) {
        const reason = enabled ? "it has no site" : `mailpit.enabled is false in Pulumi.${stack}.yaml`;
        return `Stack ${stack} has no inbox: ${reason}`;
      }
      return {
        what: "The inbox",
        swarm: {
          service: "mailpit",
          port,
          file: inboxLoginFile,
          login: inboxLogin,
          address: config.edge ? shownPage(config, "mailpit", config.mailpit) : undefined,
        },
        kubernetes: {
          service: "mailpit",
          port: webPort,
          secret: existingSecret?.name ?? "mailpit-inbox",
          login: existingSecret && ((value) => shownLogin(value(existingSecret.key), existingSecret.name)),
          address: publishedAddress(config.mailpit),
        },
        open: authentication ? undefined : "It asks nobody who they are: mailpit.authentication is false.",
      };
    },
  },
  summary: (config, { flag, login }) => {
    if (!hasInbox(config)) {
      return {};
    }
    const { authentication, existingSecret } = config.mailpit;
    const published = publishedAddress(config.mailpit);
    const onCluster = config.platform === "kubernetes";
    const address = onCluster
      ? (published ?? `http://localhost:${webPort}/`)
      : shownPage(config, "mailpit", config.mailpit);
    return {
      lines: [
        `Mail arrives at  ${address}`,
        ...(authentication
          ? [
              `  user           ${login?.username ?? (existingSecret ? `of Secret ${existingSecret.name}` : inboxUser)}`,
              `  password       ${login ? login.password : `npm run ops -- inbox${flag}`}`,
            ]
          : ["  login          none: whoever reaches it reads every mail (mailpit.authentication is false)"]),
      ],
      ...(onCluster && published === undefined
        ? { forwarded: [{ service: "mailpit", local: webPort, port: webPort }] }
        : {}),
    };
  },
};

/** The first of those who read the mail; of a hashed password, where the hash is. */
function shownLogin(file: string, secret: string): { username: string; password: string } {
  const { password, username } = inboxLogin(file.trim().split("\n")[0] ?? "");
  const isHashed = /^(\$|\{)/.test(password);
  return { username, password: isHashed ? `(hashed in Secret ${secret}: whoever filled it knows it)` : password };
}

/** Who reads the mail, as a password file of the inbox says. */
function inboxLogin(file: string): { username: string; password: string } {
  const [username = "", password = ""] = file.trim().split(":");
  return { username, password };
}
