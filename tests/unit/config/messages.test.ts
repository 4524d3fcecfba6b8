import { expect } from "chai";
import type { z } from "zod";
import { keyOf } from "../../../config/issues";
import { mergeConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { stackSchema } from "../../../config/schema";
import { core } from "../../../config/schema/walk";
import { UserError } from "../../../errors";
import { isLong } from "../../support/long";

const nodes = { a: { host: "tcp://10.0.0.1:2376", role: "manager" } };
const file = { file: "package.json" };
/** A name for each map that takes any, so that the keys below it are reached. */
const names: Record<string, string> = { secrets: "/run/a", configs: "/run/a", nodes: "a", default: "a" };

/** Every key of the schema, with what its core says. */
function keysBelow(schema: z.core.$ZodType, path: readonly string[]): [path: string[], schema: z.core.$ZodType][] {
  const plain = core(schema);
  const { element, shape, type, valueType } = plain._zod.def as {
    type: string;
    shape?: Record<string, z.core.$ZodType>;
    valueType?: z.core.$ZodType;
    element?: z.core.$ZodType;
  };
  const below: [string, z.core.$ZodType][] = shape
    ? Object.entries(shape)
    : valueType
      ? [[names[path.at(-1) ?? ""] ?? "a", valueType]]
      : element && type === "array"
        ? [["0", element]]
        : [];
  return [
    ...(path.length > 0 ? ([[[...path], plain]] as [string[], z.core.$ZodType][]) : []),
    ...below.flatMap(([key, entry]) => keysBelow(entry, [...path, key])),
  ];
}

/** A configuration in which nothing is wrong but what stands at one place. */
function withValue(path: readonly string[], value: unknown): unknown {
  const nested = [...path].reduceRight<unknown>((inner, part) => (part === "0" ? [inner] : { [part]: inner }), value);
  return mergeConfig({ platform: "swarm" }, nested as Record<string, unknown>);
}

function mistakesOf(raw: unknown): string[] {
  try {
    parseStackConfig(raw);
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message.split("\n").slice(1);
  }
  return [];
}

describe("F7 messages about the configuration", () => {
  const wrong: unknown[] = [null, "", "§", -1, 1.5, 9e15, true, [], [null], {}, { "§": 1 }];
  const keys = keysBelow(stackSchema, []);

  it("reach every key of the schema", () => {
    const paths = keys.map(([path]) => keyOf(path));
    expect(paths).to.include.members([
      "sites.a.secrets./run/a.file",
      "swarm.nodes.a.host",
      "kubernetes.podPresets.0.env.0.valueFrom.secretKeyRef.key",
      "monitoring.alerts.to.0",
      "mysql.options.a",
    ]);
    expect(keys.length).to.be.greaterThan(150);
  });

  it("name the key, what is allowed and what was found, in words, whatever stands there", () => {
    for (const [index, [path, schema]] of keys.entries()) {
      const key = keyOf(path);
      // Otherwise each key meets some of them, by turns.
      for (const value of wrong.filter((_, turn) => isLong || (index + turn) % 6 === 0)) {
        if (stackFits(schema, value)) {
          continue;
        }
        const mistakes = mistakesOf(withValue(path, value));
        const ours = mistakes.filter((mistake) => mistake.startsWith(`  - ${key}`));
        expect(ours, `${key} = ${JSON.stringify(value)}: ${mistakes.join("\n")}`).not.to.be.empty;
        for (const mistake of ours) {
          expect(mistake).to.match(/must|unknown key|has to|missing|needs|without effect|only for platform|exclude/i);
        }
        for (const mistake of mistakes) {
          expect(mistake, key).not.to.match(
            /invalid|\bint\b|\bexpected\b|received|\bNaN\b|undefined|\bstring\b|\brecord\b|\bobject\b|Too (big|small)/i,
          );
        }
      }
    }
  });

  it("say what was found without passwords, and not without end", () => {
    const [mistake = ""] = mistakesOf({ platform: "swarm", sites: { a: { url: "http://me:hunter2@a.test:1" } } });
    expect(mistake).to.contain("must be without a login").and.not.to.contain("hunter2");
    expect(mistakesOf({ platform: "x".repeat(5000) })[0]?.length).to.be.lessThan(200);
  });

  it("F1 come all at once: what the schema sees, what several keys make, and what an app refuses", () => {
    const mistakes = mistakesOf({
      platform: "swarm",
      "ghost-plattform:retainData": false,
      mysql: { memory: "99999999999999999999Gi", maxLag: 5 },
      mailpit: { memory: "1Ki" },
      sites: {
        a: { url: "ftp://a", settings: { url: "http://b", mail__from: "x@y" } },
        b: { url: "http://localhost:2368", settings: { server__port: "1", database: "{}", server: "{}" } },
        c: { url: "http://localhost:2368", storage: { driverOptions: { device: "/x", uid: "1" } } },
        d: { url: "http://localhost:2369", ingress: {}, replicas: 9e15 },
      },
      shop: { storage: { storageClass: "x" } },
    });
    expect(mistakes.map((mistake) => mistake.slice(4).split(": ")[0])).to.have.members([
      "ghost-plattform:retainData",
      "mysql.memory",
      "mysql.maxLag",
      "mailpit.memory",
      "sites.a.url",
      "sites.a.settings.url",
      "sites.a.settings.mail__from",
      "sites.b.settings.server__port",
      "sites.b.settings.database",
      "sites.b.settings.server",
      "sites.c.url",
      "sites.c.port",
      "sites.c.storage.driverOptions.device",
      "sites.c.storage.driverOptions.uid",
      "sites.d.ingress",
      "sites.d.replicas",
      "shop.storage.storageClass",
    ]);
  });

  it("F1 say nothing of what follows from another mistake alone", () => {
    expect(
      mistakesOf({ platform: "swarm", sites: { a: { url: 1 } }, secrets: { generations: { a: 2 } } }),
    ).to.have.length(1);
    expect(mistakesOf({ platform: "swarm", sites: { A: { url: "http://localhost:1" } } })).to.have.length(1);
    expect(mistakesOf({ platform: "swarm", sites: "x", monitoring: { alerts: { to: ["a@b"] } } })).to.have.length(1);
    expect(mistakesOf({ sites: { a: { url: "http://localhost:1" } } })).to.have.length(1);
    expect(
      mistakesOf({
        platform: "swarm",
        swarm: { nodes: { ...nodes, b: {} }, placement: ["node.hostname==a"] },
        shop: {},
      }),
    ).to.have.length(2);
    expect(
      mistakesOf({
        platform: "swarm",
        mysql: { topology: "x", replicas: 3 },
        sites: { a: { url: "http://l:1", configs: { "/a": file } } },
      }),
    ).to.have.length(1);
  });
});

/** Whether a value is right for a key, so that nothing is wrong with it. */
function stackFits(schema: z.core.$ZodType, value: unknown): boolean {
  return (schema as z.ZodType).safeParse(value).success;
}
