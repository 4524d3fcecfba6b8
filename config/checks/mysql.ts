import { selfServedSites } from "../own-activitypub";
import { runsDatabaseServer } from "../apps";
import { readExternalDatabase } from "../mysql/external-database";
import { serverOptionMistakes } from "../mysql/server-options";
import { defaultMemory, memoryMistakes, sizeMistakes } from "../mysql/size";
import { stackServerSize } from "../mysql/users";
import { ownConnections } from "../own-apps";
import type { ParsedStack } from "../schema";

/** What cannot be with the database server. */
export function mysqlMistakes(config: ParsedStack): string[] {
  return [...serverMistakes(config), ...topologyMistakes(config), ...externalMistakes(config)];
}

function topologyMistakes({ mysql, platform }: ParsedStack): string[] {
  const mistakes: string[] = [];
  const { memberPlacement } = mysql;
  if (memberPlacement && mysql.topology === "group" && memberPlacement.length !== mysql.replicas) {
    mistakes.push(
      `mysql.memberPlacement: must have a constraint for each of the ${mysql.replicas} members (got ${memberPlacement.length})`,
    );
  }
  if (mysql.topology === "group" && mysql.replicas % 2 === 0) {
    mistakes.push(
      `mysql.replicas: must be 3, 5, 7 or 9 with mysql.topology group (got ${mysql.replicas}): of an even number, half is no majority`,
    );
  }
  if (mysql.startOrder === "ordered" && platform === "swarm") {
    mistakes.push("mysql.startOrder: must be parallel on Swarm, which starts the tasks of a service at once");
  }
  if (platform === "kubernetes" && mysql.recoverFrom !== undefined && mysql.recoverFrom >= mysql.replicas) {
    mistakes.push(
      `mysql.recoverFrom: must be an ordinal below mysql.replicas (got ${mysql.recoverFrom} of ${mysql.replicas} members)`,
    );
  }
  if (mysql.recoverWithout !== undefined) {
    if (mysql.recoverFrom === undefined) {
      mistakes.push("mysql.recoverWithout: only with mysql.recoverFrom, which names the member to recover from");
    } else if (mysql.recoverWithout.includes(mysql.recoverFrom)) {
      mistakes.push(
        `mysql.recoverWithout: gives up member ${mysql.recoverFrom}, from which mysql.recoverFrom recovers. Name other members`,
      );
    }
  }
  return mistakes;
}

/** Options of the server that it cannot have, or not with so many sites, and its memory. */
function serverMistakes(config: ParsedStack): string[] {
  if (!runsDatabaseServer(config)) {
    return [];
  }
  const { mysql } = config;
  const size = stackServerSize(config);
  const set = mysql.topology === "replicated";
  const ofOneRole = { sourceOptions: mysql.sourceOptions, replicaOptions: mysql.replicaOptions };
  const mistakes = Object.entries({ options: mysql.options, ...(set ? ofOneRole : {}) }).flatMap(([name, options]) => [
    ...serverOptionMistakes(`mysql.${name}`, options, mysql.topology),
    ...sizeMistakes(`mysql.${name}`, options, size),
  ]);
  for (const [name, options] of Object.entries(set ? {} : ofOneRole)) {
    if (Object.keys(options).length > 0) {
      mistakes.push(`mysql.${name}: without effect: mysql.topology is ${mysql.topology}. Set them in mysql.options`);
    }
  }
  const own = { ...mysql.options, ...(set ? { ...mysql.replicaOptions, ...mysql.sourceOptions } : {}) };
  return [
    ...mistakes,
    ...memoryMistakes(mysql.memory ?? defaultMemory(size, own), own, size).map((wrong) => `mysql.memory: ${wrong}`),
  ];
}

/** What cannot be with a server that is somebody else's. */
function externalMistakes(config: ParsedStack): string[] {
  const { external } = config.mysql;
  if (external === undefined) {
    return [];
  }
  return [
    ...readExternalDatabase(external, config.sites, process.cwd()).mistakes,
    ...Object.keys(config.wordpress).map(
      (name) =>
        `wordpress.${name}: does not go with mysql.external, where databases are made for sites of Ghost alone. Give it a stack of its own`,
    ),
    ...selfServedSites(config).map(
      ([name]) =>
        `sites.${name}.activityPub: self wants a database of the stack's own server, and mysql.external takes its place. Set it to hosted or off, or name the address of a server of your own`,
    ),
    ...Object.keys(ownConnections(config)).map(
      (name) =>
        `apps.${name}: wants a database of the stack's own server, and mysql.external takes its place. Give it a stack of its own`,
    ),
  ];
}
