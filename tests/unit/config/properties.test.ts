import { expect } from "chai";
import * as fc from "fast-check";
import { mergeConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { quantityToBytes } from "../../../config/values/quantity";
import { UserError } from "../../../errors";
import { anyStack, kubernetesStack } from "../../support/stacks";

const urlLike = fc.oneof(
  fc.anything(),
  fc.string().map((text) => `https://${text}`),
);

describe("configuration, for any input", () => {
  it("A3 accepts every stack made of allowed values, and keeps what it says", () => {
    fc.assert(
      fc.property(anyStack, (raw) => {
        const config = parseStackConfig(raw);
        expect(config.retainData).to.equal(raw["retainData"] ?? true);
        const { sites = {} } = raw as { sites?: Record<string, object> };
        expect(Object.keys(config.sites)).to.have.members(Object.keys(sites));
        for (const [name, site] of Object.entries(sites)) {
          expect(config.sites[name]).to.containSubset(site);
        }
      }),
    );
  });

  it("A3 refuses an unknown key anywhere, and names it with its path", () => {
    const places = [[], ["mysql"], ["mailpit"], ["kubernetes"], ["mysql", "storage"], ["images"]] as const;
    fc.assert(
      fc.property(
        kubernetesStack,
        fc.constantFrom(...places),
        fc.stringMatching(/^[a-z]{3,12}X$/),
        (raw, place, key) => {
          const nested = [...place, key].reduceRight<unknown>((inner, part) => ({ [part]: inner }), 1);
          const spoiled = mergeConfig(raw, nested as Record<string, unknown>);
          expect(() => parseStackConfig(spoiled)).to.throw(UserError, `- ${[...place, key].join(".")}: unknown key`);
        },
      ),
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
