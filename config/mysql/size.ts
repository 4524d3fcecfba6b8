import { quantityToBytes } from "../values/quantity";
import { meantBy, type ServerOptions, type Topology } from "./server-options";

/** How large a database server has to be: from the apps that use it, how many connections each may hold, and how many tables there are. */

/** Connections in the pool of a Ghost site. Who finds all of them busy waits for one, for up to a minute. */
export const ghostPool = 10;
/** Those of a site: its pool, and the connection that holds the lock while its migration runs with a pool of its own. */
export const ghostConnections = ghostPool + 1;
/** Requests that a task of WordPress answers at once, each with a connection. */
export const wordpressWorkers = 20;

/** Those of a WordPress site: of its tasks, and of one more while they are updated. */
export function wordpressConnections(tasks: number): number {
  return (tasks + 1) * wordpressWorkers;
}

/**
 * What is neither a site's: probes 4, the exporter 5, backups 2, people and their commands 5; and for each replica 3: it reads the binary
 * log, compares its transactions, and is cloned from.
 */
export function serverConnections(replicas: number): number {
  return 16 + 3 * replicas;
}

/** Who uses a server. */
export interface DatabaseUser {
  /** How a person knows it, for example `sites.blog`. */
  name: string;
  /** Connections that it may hold at once. */
  connections: number;
}

/** What follows from who uses a server. */
export interface ServerSize {
  /** Bytes of a server that nobody uses, beside its buffer pool. */
  idle: number;
  /** Connections that all may hold together. */
  needed: number;
  /** How that is made up, in words. */
  arithmetic: string;
  /** Connections that the server takes: no less than MySQL does, and enough for four fifths of them to be what is needed, beyond which an alert says so. */
  maxConnections: number;
  tableOpenCache: number;
  tableDefinitionCache: number;
  /** Connections of the app that may hold most. */
  largest: DatabaseUser;
}

const mebibyte = 2 ** 20;
/** Of a server with small caches, beside its buffer pool (measured on 9.7: 431 MB idle with a pool of 64 MiB). */
const idleMemory = 370 * mebibyte;
/** What a member of a group has beside that: messages of others, and which rows were changed last (measured on 9.7, with rows of 8 MB). */
const groupMemory = 400 * mebibyte;
/** The smallest buffer pool, and the one that a server gets whose limit nobody names. */
const leastPool = 64 * mebibyte;
const usualPool = 320 * mebibyte;
/**
 * Of a connection that runs a site's queries while all others do: a mebibyte of its temporary tables, and its places in the performance schema and in
 * the libraries (measured on 9.7: 1.45 MiB of each of 500).
 */
const connectionMemory = 1.5 * mebibyte;
/** Of a table that a connection has open, and of one whose definition is known, to the server and to InnoDB (measured on 9.7 with 50 sites: 80 and 85 KiB). */
const tableMemory = mebibyte / 12;
const definitionMemory = mebibyte / 11;
/** Tables of Ghost that its requests use, of 99 in 6.65. */
const usedTables = 40;
const tablesOfSite = 100;

/**
 * @param users each app with a database
 * @param replicas that follow the server; default: none
 * @param topology what the server is a member of; default: nothing
 */
export function serverSize(users: readonly DatabaseUser[], replicas = 0, topology: Topology = "single"): ServerSize {
  const own = serverConnections(replicas);
  const needed = users.reduce((sum, { connections }) => sum + connections, own);
  const groups = new Map<number, DatabaseUser[]>();
  for (const user of users) {
    groups.set(user.connections, [...(groups.get(user.connections) ?? []), user]);
  }
  const arithmetic = [
    ...[...groups].map(([connections, alike]) => {
      const [first] = alike;
      return `${alike.length === 1 && first ? first.name : `${alike.length} sites`} × ${connections}`.replace(
        /^(\S+) × /,
        "$1 ",
      );
    }),
    `${own} of the server's own`,
  ].join(" + ");
  return {
    idle: idleMemory + (topology === "group" ? groupMemory : 0),
    needed,
    arithmetic,
    maxConnections: Math.max(151, Math.ceil(needed / 0.8)),
    // MySQL's own defaults are the most.
    tableOpenCache: Math.min(360 + users.length * usedTables, 4000),
    tableDefinitionCache: Math.min(500 + users.length * tablesOfSite, 2000),
    largest: users.reduce((most, user) => (user.connections > most.connections ? user : most), {
      name: "nobody",
      connections: 0,
    }),
  };
}

/** The server rounds its buffer pool up to a multiple of this; its own 128 MiB would make a pool of 192 MiB one of 256. */
export const poolUnit = 32 * mebibyte;

/** What the server needs beside its buffer pool when every connection is used. */
function besidePool({ idle, tableDefinitionCache, tableOpenCache }: ServerSize, connections: number): number {
  const tables = (tableOpenCache - 400) * tableMemory + (tableDefinitionCache - 600) * definitionMemory;
  return idle + connections * connectionMemory + tables;
}

/** The most connections that a server is to have room for: those that are needed, or more where an option says so. */
function roomFor({ needed }: ServerSize, options: ServerOptions): number {
  const own = Object.entries(options).flatMap(([name, value]) =>
    meantBy(name).includes("max_connections") && /^\d+$/.test(String(value)) ? [Number(value)] : [],
  );
  return Math.max(needed, ...own);
}

/**
 * A limit in which everything has room, as a quantity: the one of a server whose limit nobody names.
 *
 * @param options the server's, of which a larger number of connections counts, here and below
 */
export function defaultMemory(size: ServerSize, options: ServerOptions): string {
  const bytes = besidePool(size, roomFor(size, options)) + usualPool;
  return bytes <= 1024 * mebibyte ? "1Gi" : roundedUp(bytes);
}

function roundedUp(bytes: number): string {
  return `${Math.ceil(bytes / mebibyte / 64) * 64}Mi`;
}

/**
 * Bytes of the buffer pool: half of what the limit leaves beside the idle server, unless the connections need more than the other half; in
 * whole units, which the server takes as they are.
 *
 * @param memory memory limit of the container, as a quantity
 */
export function bufferPoolBytes(memory: string, options: ServerOptions, size: ServerSize): number {
  const limit = quantityToBytes(memory);
  const pool = Math.min((limit - size.idle) / 2, limit - besidePool(size, roomFor(size, options)));
  return Math.max(leastPool, Math.floor(pool / poolUnit) * poolUnit);
}

/**
 * Server options of a stack that are too small for who uses the server. Each begins with the key.
 *
 * @param key where they stand, for example `mysql.options`
 */
export function sizeMistakes(key: string, options: ServerOptions, size: ServerSize): string[] {
  const { arithmetic, largest, maxConnections, needed } = size;
  return Object.entries(options).flatMap(([name, value]) => {
    const meant = meantBy(name);
    const tooSmall = (least: number) => !/^\d+$/.test(String(value)) || Number(value) < least;
    if (meant.includes("max_connections") && tooSmall(needed)) {
      return [
        `${key}.${name}: must be a number of ${needed} or more (got ${String(value)}): ${arithmetic}. Or remove the key: without it, it is ${maxConnections}`,
      ];
    }
    if (meant.includes("max_user_connections") && String(value) !== "0" && tooSmall(largest.connections)) {
      return [
        `${key}.${name}: must be 0, or ${largest.connections} or more (got ${String(value)}), which ${largest.name} may hold at once`,
      ];
    }
    // Each connection and each open table has a file; with fewer files the server takes fewer connections without a word to who asks.
    const files = 10 + maxConnections + 2 * size.tableOpenCache;
    if (meant.includes("open_files_limit") && String(value) !== "0" && tooSmall(files)) {
      return [
        `${key}.${name}: must be ${files} or more (got ${String(value)}): ${maxConnections} connections, and two for each of ${size.tableOpenCache} open tables. Or remove the key`,
      ];
    }
    return [];
  });
}

/**
 * What is wrong with a memory limit that is too small for the connections. Begins with what the limit is for.
 *
 * @param memory as a quantity
 */
export function memoryMistakes(memory: string, options: ServerOptions, size: ServerSize): string[] {
  const connections = roomFor(size, options);
  const least = Math.max(besidePool(size, connections) + leastPool, 512 * mebibyte);
  if (quantityToBytes(memory) >= least) {
    return [];
  }
  const parts = [
    `${size.idle / mebibyte}Mi of an idle server`,
    `${leastPool / mebibyte}Mi of the smallest buffer pool`,
    `${Math.ceil((besidePool(size, connections) - size.idle) / mebibyte)}Mi for ${connections} connections and their tables${connections === size.needed ? ` (${size.arithmetic})` : ""}`,
  ];
  return [`must be ${roundedUp(least)} or more (got ${memory}): ${parts.join(", ")}`];
}
