import { expect } from "chai";
import * as fc from "fast-check";
import { parse } from "yaml";
import { yamlText } from "../../../files/yaml-text";
import { oddText } from "../../support/odd-text";

describe("text in YAML", () => {
  const readers = {
    "1.1": (text: string) => parse(text, { version: "1.1" }) as unknown,
    "1.2": (text: string) => parse(text, { version: "1.2" }) as unknown,
  };

  it("A4 stays what it is for readers of YAML 1.1 and of 1.2, as a value, in a list and as a key", () => {
    fc.assert(
      fc.property(fc.array(oddText, { minLength: 1, maxLength: 4 }), (texts) => {
        const value = {
          texts,
          map: Object.fromEntries(texts.map((text) => [`k${text}`, text])),
          nested: { a: [{ b: texts[0] }] },
        };
        const written = yamlText(value);
        for (const [version, read] of Object.entries(readers)) {
          expect(read(written), `YAML ${version} of ${written}`).to.deep.equal(value);
        }
      }),
      { numRuns: 200, examples: [[[" \n", "", "\n\na"]]] },
    );
  });

  it("A4 takes no more quotes than it needs", () => {
    expect(
      yamlText({ image: "docker.io/library/ghost:6.65.0", memory: "512Mi", period: "10s", count: 3, on: true }),
    ).to.equal('image: docker.io/library/ghost:6.65.0\nmemory: 512Mi\nperiod: 10s\ncount: 3\n"on": true\n');
  });
});
