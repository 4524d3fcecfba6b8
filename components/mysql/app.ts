import * as path from "node:path";
import { runsDatabaseServer } from "../../config/apps";
import { authorityFile } from "../../config/mysql/server-options";
import { siteGenerations } from "../../config/generations";
import { isInSecret } from "../../config/kubernetes/secrets-of-others";
import type { StackConfig } from "../../config/schema";
import { externalDiscard } from "./external/discard";
import type { App, ChosenPod, JobSecret, RotatedPassword, SwarmContainer } from "../app";
import {
  generationOfFileKey,
  generationOfKey,
  generationVariable,
  passwordSecretName,
  serverVolumeName,
} from "./password-names";
import type { GroupFiles } from "./group/credentials";
import type { groupUsers } from "./group/users";
import type { MemberFiles } from "./replication/credentials";
import type { memberUsers } from "./replication/users";
import { mysqlUser } from "./server-options";
import { mysqlUpgrade } from "./upgrade";
import { archiveUser, backupUser, metricsUser, monitorUser } from "./users";

/** The database server of a stack. */
export const mysql: App = {
  name: "mysql",
  images: (config) =>
    runsDatabaseServer(config) ? ["mysql", ...(config.mysql.topology === "group" ? (["haproxy"] as const) : [])] : [],
  upgrades: { mysql: mysqlUpgrade },
  passwords: (config) => (runsDatabaseServer(config) ? serverPasswords(config) : []),
};

/** Who logs in to the database of a site, and what has the password. */
interface SiteLogin {
  username: string;
  /** Swarm services, without the stack's name. */
  services: readonly string[];
  /** Labels of the workloads on Kubernetes, and the volume of their pods with the password. Absent: it is on Swarm alone. */
  pods?: { labels: Record<string, string>; volume: string };
}

/** The end of the name of the file in which a site's container has it. */
const passwordFile = "/database-password";

/** The password of a site's user of the database server. */
export function sitePassword(config: StackConfig, site: string, login: SiteLogin): RotatedPassword {
  const [generation = 1, ...kept] = siteGenerations(config, site);
  const { pods, services, username } = login;
  const as = "/run/secrets/password";
  return {
    site,
    key: ["secrets", "generations", site],
    username,
    subject: `Site ${site}`,
    generation,
    kept,
    swarm: {
      services,
      generationIn: generationOfSecret(passwordFile, generation, (stack, of) =>
        passwordSecretName(stack, "mysql", site, of),
      ),
    },
    ...(pods
      ? {
          kubernetes: {
            labels: pods.labels,
            generationIn: ({ volumes }) =>
              generationOfKey(volumes?.find(({ name }) => name === pods.volume)?.secret?.items?.[0]?.key ?? ""),
          },
        }
      : {}),
    discard:
      externalDiscard(config, site, { username, services, passwordFile }) ??
      discardOf(config, site, [{ user: username, secret: { services, file: passwordFile, as } }]),
  };
}

/** Which of a member's files has the password of a user of the set. */
const memberLogins: Record<keyof typeof memberUsers, keyof MemberFiles> = {
  replication: "replication-password",
  clone: "clone-password",
  monitor: "monitor.cnf",
  backup: "backup.cnf",
};

/** The same of a member of a group. */
const groupLogins: Record<keyof typeof groupUsers, keyof GroupFiles> = {
  group: "group-password",
  clone: "clone-password",
  monitor: "monitor.cnf",
  backup: "backup.cnf",
};

/** Services of the server's members on Swarm, without the stack's name. */
export function memberServices({ mysql: { replicas, topology } }: StackConfig): string[] {
  switch (topology) {
    case "group":
      return Array.from({ length: replicas }, (_, ordinal) => (ordinal === 0 ? "mysql" : `mysql-${ordinal}`));
    default:
      return ["mysql", "mysql-replica"];
  }
}

/** The passwords of the server's own users, which are rotated together; none where all of them are in a Secret of somebody else's. */
function serverPasswords(config: StackConfig): RotatedPassword[] {
  const { passwordGeneration, topology } = config.mysql;
  const members = memberServices(config);
  const ofSet = topology === "single" ? undefined : topology === "group" ? groupLogins : memberLogins;
  const isRandom = (user: string) => !isInSecret(config, user);
  const users = [
    "root",
    ...(ofSet ? Object.keys(ofSet) : [monitorUser, backupUser]),
    ...(config.monitoring ? [metricsUser] : []),
    ...(config.backup?.pointInTime ? [archiveUser] : []),
  ].filter(isRandom);
  const logins = Object.entries(ofSet ?? {}).filter(([user]) => isRandom(user));
  if (users.length === 0) {
    return [];
  }
  const password: RotatedPassword = {
    key: ["mysql", "passwordGeneration"],
    username: users.join(", "),
    subject: "The database server",
    generation: passwordGeneration,
    kept: [],
    // The members of a set log in to each other with this one and the one before.
    mostAhead: 1,
    swarm: {
      services: members,
      generationIn: ({ Env }) => {
        const variable = Env?.find((line) => line.startsWith(`${generationVariable}=`));
        return Number(variable?.split("=")[1] ?? 1);
      },
    },
    kubernetes: {
      labels: { "app.kubernetes.io/name": "mysql" },
      generationIn: ({ volumes }) => {
        const volume = volumes?.find(({ name }) => name === serverVolumeName);
        return volume && generationOfFileKey(volume.secret?.items?.[0]?.key ?? "");
      },
    },
    // Those that log in from the server itself alone never had two.
    ...(logins.length > 0
      ? {
          discard: discardOf(
            config,
            "mysql",
            logins.map(([user, name]) => ({
              user,
              secret: { services: members, file: `/run/secrets/mysql/${name}` },
            })),
          ),
        }
      : {}),
  };
  return [password];
}

/** What takes writes on Swarm. */
const writerHosts = { single: "mysql", replicated: "mysql-source", group: "mysql-primary" } as const;

/** Ends the former passwords of users: on Swarm each logs in once, on Kubernetes the server's own root does it in its pod. */
function discardOf(
  config: StackConfig,
  name: string,
  logins: readonly { user: string; secret: JobSecret }[],
): NonNullable<RotatedPassword["discard"]> {
  const { memberPlacement, placement, topology } = config.mysql;
  return {
    swarm: {
      name,
      image: config.images.mysql,
      script: path.join(__dirname, "scripts", "discard-former-password.sh"),
      secrets: [...logins.map(({ secret }) => secret), { services: memberServices(config), file: authorityFile }],
      variables: {
        DB_HOST: writerHosts[topology],
        AUTHORITY: authorityFile,
        LOGINS: logins.map(({ secret: { as, file }, user }) => `${user}=${as ?? file}`).join(" "),
      },
      user: mysqlUser,
      data: "/var/lib/mysql",
      placement:
        memberPlacement?.slice(0, 1) ?? placement ?? (config.platform === "swarm" ? config.swarm.placement : []),
    },
    kubernetes: {
      ...writerPod(config.mysql.topology === "group" ? config.mysql.replicas : 1),
      command: [
        ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe"],
        logins.map(({ user }) => `ALTER USER '${user}'@'%' DISCARD OLD PASSWORD;`).join(" "),
      ],
    },
  };
}

/**
 * The member that takes writes: of a group, whichever is the primary; of any other server, the first.
 *
 * @param members how many may be it
 */
export function writerPod(members: number): ChosenPod {
  return {
    pods: Array.from({ length: members }, (_, ordinal) => `mysql-${ordinal}`),
    container: "mysql",
    chosenBy: takesWrites,
  };
}

/** A command that ends well in the container of a server that takes writes. */
export const takesWrites: readonly [string, ...string[]] = [
  "bash",
  "-c",
  `
answer=$(mysql --defaults-file=/run/secrets/mysql/root.cnf --connect-timeout=5 -NBe "SELECT @@global.super_read_only") || exit
[ "$answer" = 0 ] || { echo "takes no writes" >&2; exit 1; }`,
];

/** A file that is older than the stack is known as such when it is older by no more rotations than these. */
const rotationsBeyondFile = 100;

/**
 * Which generation of a password a container has, as the name of the secret in a file of it tells.
 *
 * @param file end of the file's name
 * @param generation that of the stack file
 */
export function generationOfSecret(
  file: string,
  generation: number,
  nameOf: (stack: { name: string }, generation: number) => string,
): (container: SwarmContainer, stack: { name: string }) => number | undefined {
  return ({ Secrets = [] }, stack) => {
    const secret = Secrets.find(({ File }) => File?.Name.endsWith(file))?.SecretName;
    const generations = Array.from({ length: generation + rotationsBeyondFile }, (_, index) => index + 1);
    return secret === undefined ? undefined : generations.find((of) => nameOf(stack, of) === secret);
  };
}
