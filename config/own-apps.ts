import { createRequire } from "node:module";
import * as path from "node:path";
import type { z } from "zod";
import { keyOf } from "./issues";
import type { ParsedStack } from "./schema";

/** What the configuration has to know of an app that is no part of this program. */
export interface OwnAppDeclaration<Settings> {
  /** What it takes in `apps.<name>.settings`. */
  settings: z.ZodType<Settings>;
  /** Connections that it may hold at once to a database on the stack's server, which is called after it. Absent: it has none. */
  connections?: (settings: Settings) => number;
  /** Ports of the nodes of a swarm that it takes, by their key in its settings. */
  ports?: (settings: Settings) => Record<string, number>;
  /** What makes its component, by the platform that it can be on. */
  deploy: Readonly<Partial<Record<ParsedStack["platform"], unknown>>>;
}

/** An app of a stack that is no part of this program. */
export interface NamedApp {
  name: string;
  /** `apps.<name>`. */
  key: string;
  /** What its module exports. */
  declaration: OwnAppDeclaration<unknown>;
  /** Checked, with its defaults. */
  settings: unknown;
}

type Apps = Pick<ParsedStack, "apps">;

/** The apps of a stack that are no part of this program. One with a mistake is left out: see `ownAppMistakes`. */
export function ownApps({ apps }: Apps): NamedApp[] {
  return Object.entries(apps).flatMap(([name, said]) => read(name, said).app ?? []);
}

/** What is wrong with such apps. Each mistake begins with the key. */
export function ownAppMistakes({ apps, platform }: Apps & Pick<ParsedStack, "platform">): string[] {
  return Object.entries(apps).flatMap(([name, said]) => {
    const { app, mistakes } = read(name, said);
    return [...mistakes, ...(app ? platformMistakes(app, said.module, platform) : [])];
  });
}

/** An app that cannot be on the platform of its stack. */
function platformMistakes(
  { declaration: { deploy }, key }: NamedApp,
  module: string,
  platform: ParsedStack["platform"],
): string[] {
  return deploy[platform]
    ? []
    : [
        `${key}.module: ${module} runs on ${Object.keys(deploy).join(", ")} alone; this stack has platform ${platform}. Give its \`app\` a \`deploy.${platform}\` (docs/adding-an-app.md), or remove ${key}`,
      ];
}

function read(name: string, { module, settings }: Apps["apps"][string]): { app?: NamedApp; mistakes: string[] } {
  const key = `apps.${name}`;
  let exported: unknown;
  try {
    exported = createRequire(path.join(process.cwd(), "package.json"))(module);
  } catch (error) {
    const [said = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { mistakes: [`${key}.module: cannot be loaded: ${said}`] };
  }
  const declaration = (exported as { app?: Partial<OwnAppDeclaration<unknown>> } | undefined)?.app;
  if (typeof declaration?.settings?.safeParse !== "function" || !deploysSomewhere(declaration)) {
    return {
      mistakes: [
        `${key}.module: ${module} exports no \`app\` with \`settings\` and \`deploy\` (docs/adding-an-app.md)`,
      ],
    };
  }
  const result = declaration.settings.safeParse(settings);
  return result.success
    ? {
        app: { name, key, declaration: declaration as OwnAppDeclaration<unknown>, settings: result.data },
        mistakes: [],
      }
    : { mistakes: result.error.issues.map((issue) => `${keyOf([key, "settings", ...issue.path])}: ${issue.message}`) };
}

function deploysSomewhere({ deploy }: Partial<OwnAppDeclaration<unknown>>): boolean {
  const ways = typeof deploy === "object" ? Object.values(deploy) : [];
  return ways.length > 0 && ways.every((way) => typeof way === "function");
}

/** What such an app is called in its stack: its component and its service, with what it has beside that behind it. */
export function ownComponent(name: string): string {
  return `app-${name}`;
}

/** Names of the database of such an app, and of its user. */
export function ownDatabase(name: string): { database: string; username: string } {
  const both = `app_${name.replaceAll("-", "_")}`;
  return { database: both, username: both };
}

/** Connections of each such app that has a database, by its name. */
export function ownConnections(config: Apps): Record<string, number> {
  return Object.fromEntries(
    ownApps(config).flatMap(({ declaration: { connections }, name, settings }) =>
      connections ? [[name, connections(settings)]] : [],
    ),
  );
}
