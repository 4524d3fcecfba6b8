import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { attempted } from "../files/files";
import { sqliteSteps } from "./dump-file";
import { adapterMistakes, type Found } from "./source";

const configName = "config.production.json";

/** What is read of it; the rest is named and left. */
const configSchema = z.looseObject({
  url: z.string().optional(),
  admin: z.looseObject({ url: z.string().optional() }).optional(),
  database: z
    .looseObject({
      client: z.string().optional(),
      connection: z
        .looseObject({
          host: z.string().optional(),
          port: z.coerce.number().optional(),
          socketPath: z.string().optional(),
          user: z.string().optional(),
          password: z.coerce.string().optional(),
          database: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
  mail: z
    .looseObject({
      transport: z.string().optional(),
      from: z.string().optional(),
      options: z
        .looseObject({ host: z.string().optional(), service: z.string().optional(), auth: z.unknown() })
        .optional(),
    })
    .optional(),
  storage: z.looseObject({ active: z.string().optional() }).optional(),
  adapters: z.looseObject({ storage: z.looseObject({ active: z.string().optional() }).optional() }).optional(),
  paths: z.looseObject({ contentPath: z.string().optional() }).optional(),
});

/** Keys of which this program has its own, or that are spoken of by themselves. */
const ownKeys = ["url", "admin", "database", "mail", "storage", "adapters", "paths", "server", "process", "logging"];

/** A Ghost-CLI install in a folder; undefined where it is none. */
export function ghostCliSource(folder: string, dump: string | undefined): Found | undefined {
  const file = path.join(folder, configName);
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const text = attempted("read", file, () => fs.readFileSync(file, "utf8"));
  const what = `Ghost-CLI install ${folder}`;
  const parsed = configSchema.safeParse(json(text));
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path: at }) => at.join(".") || "all of it");
    const source = { what, content: "", database: { dump: dump ?? "" }, notes: [] };
    return { source, mistakes: [`${file} is not the JSON that Ghost reads (${places.join(", ")})`] };
  }
  const config = parsed.data;
  const content = path.resolve(folder, config.paths?.contentPath ?? "content");
  const client = config.database?.client ?? "mysql";
  const { database, host, password, port, socketPath, user } = config.database?.connection ?? {};
  const login =
    user !== undefined && password !== undefined && database !== undefined
      ? {
          user,
          password,
          database,
          ...(socketPath === undefined ? { host: host ?? "127.0.0.1", port: port ?? 3306 } : { socket: socketPath }),
        }
      : undefined;
  const mistakes = [
    ...adapterMistakes(config.adapters?.storage?.active ?? config.storage?.active),
    ...(/sqlite/i.test(client) && dump === undefined ? [sqliteSteps] : []),
    ...(fs.existsSync(content) ? [] : [`its content folder ${content} is not here. Copy it here, too`]),
    ...(dump === undefined && !login && !/sqlite/i.test(client)
      ? [`${file} does not say how to log in to its database. Name a dump: --dump FILE.sql`]
      : []),
  ];
  return {
    source: {
      what,
      content,
      database: dump !== undefined ? { dump } : { login: login ?? { user: "", password: "", database: "" } },
      url: config.url,
      notes: notesOn(config),
    },
    mistakes,
  };
}

function notesOn(config: z.infer<typeof configSchema>): string[] {
  const { admin, mail } = config;
  const server = mail?.options?.host ?? mail?.options?.service;
  const others = Object.keys(config).filter((key) => !ownKeys.includes(key));
  return [
    ...(mail?.transport !== undefined && mail.transport !== "Direct"
      ? [
          `its mail${server === undefined ? "" : ` by ${server}`}${mail.options?.auth === undefined ? "" : ", whose password is not copied"}: say it in the stack file (mailRelay, mailFrom)`,
        ]
      : []),
    ...(admin?.url === undefined ? [] : [`the admin at ${admin.url}: say it in the stack file (adminUrl)`]),
    ...(others.length > 0
      ? [`${others.join(", ")} of ${configName}: say what you need of it in the stack file (settings of the site)`]
      : []),
  ];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
