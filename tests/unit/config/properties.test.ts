import { expect } from "chai";
import * as fc from "fast-check";
import { crossKeyMistakes } from "../../../config/checks";
import { mergeConfig } from "../../../config/machine";
import { parseStackConfig } from "../../../config/parse";
import { quantityToBytes } from "../../../config/quantity";
import { stackSchema } from "../../../config/schema";
import { UserError } from "../../../errors";

const siteName = fc.stringMatching(/^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$/);
const quantity = (least: number) => fc.integer({ min: least, max: 4096 }).map((mebibytes) => `${mebibytes}Mi`);
const site = fc.record(
  { url: fc.webUrl({ validSchemes: ["http"] }), memory: quantity(384), storage: fc.record({ size: quantity(1) }) },
  { requiredKeys: ["url"] },
);
const urlLike = fc.oneof(
  fc.anything(),
  fc.string().map((text) => `https://${text}`),
);
const stack = fc.record(
  {
    platform: fc.constant("kubernetes" as const),
    kubernetes: fc.record({ context: fc.constant("test") }),
    retainData: fc.boolean(),
    mysql: fc.record({ memory: quantity(512) }, { requiredKeys: [] }),
    mailpit: fc.record(
      { enabled: fc.boolean(), maxMessages: fc.integer({ min: 1, max: 100_000 }) },
      { requiredKeys: [] },
    ),
    sites: fc.dictionary(siteName, site, { minKeys: 1, maxKeys: 5 }),
  },
  { requiredKeys: ["platform", "kubernetes", "sites"] },
);

describe("configuration, for any input", () => {
  it("A3 accepts every stack made of allowed values, and keeps what it says", () => {
    fc.assert(
      fc.property(stack, (raw) => {
        fc.pre(crossKeyMistakes(stackSchema.parse(raw)).length === 0);
        const config = parseStackConfig(raw);
        expect(Object.keys(config.sites)).to.have.members(Object.keys(raw.sites));
        expect(config.retainData).to.equal(raw.retainData ?? true);
      }),
    );
  });

  it("A3 accepts what it returned: a filled-in configuration is a configuration", () => {
    fc.assert(
      fc.property(stack, (raw) => {
        fc.pre(crossKeyMistakes(stackSchema.parse(raw)).length === 0);
        const once = parseStackConfig(raw);
        expect(parseStackConfig(once)).to.deep.equal(once);
      }),
    );
  });

  it("A3 refuses an unknown key anywhere, and names it with its path", () => {
    const places = [[], ["mysql"], ["mailpit"], ["kubernetes"], ["mysql", "storage"], ["images"]] as const;
    fc.assert(
      fc.property(stack, fc.constantFrom(...places), fc.stringMatching(/^[a-z]{3,12}X$/), (raw, place, key) => {
        const nested = [...place, key].reduceRight<unknown>((inner, part) => ({ [part]: inner }), 1);
        const spoiled = mergeConfig(raw, nested as Record<string, unknown>);
        expect(() => parseStackConfig(spoiled)).to.throw(UserError, `- ${[...place, key].join(".")}: unknown key`);
      }),
    );
  });

  it("A3 answers any value whatever with a configuration or a UserError, never with a crash", () => {
    fc.assert(
      fc.property(fc.anything(), urlLike, (anything, url) => {
        for (const raw of [
          anything,
          { platform: "swarm", sites: { blog: anything } },
          { platform: "swarm", sites: { a: { url } } },
        ]) {
          try {
            parseStackConfig(raw);
          } catch (error) {
            expect(error).to.be.instanceOf(UserError);
          }
        }
      }),
    );
  });

  it("A3 reads sizes as Kubernetes does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (n) => {
        expect(quantityToBytes(`${n}Ki`)).to.equal(n * 1024);
        expect(quantityToBytes(`${n}Gi`)).to.equal(n * 1024 ** 3);
      }),
    );
  });
});
