import { expect } from "chai";
import { parse, stringify } from "yaml";
import { oneAfterAnother } from "../../../../deploy/rendered/one-after-another";

describe("services of the rendered form that are updated one after the other", () => {
  const labelled = { deploy: { labels: { "ghost-platform.one-after-another": "set" } } };
  const text = stringify({
    services: { "set-10": labelled, other: { deploy: { labels: {} } }, "set-2": labelled, set: labelled },
    networks: { backend: {} },
  });
  const order = (running: string[]) => oneAfterAnother(text, running).map(({ service }) => service);

  it("S5 D2 come by their number, each alone, with all that the file has besides services", () => {
    const steps = oneAfterAnother(text, ["set-10", "set", "set-2", "other"]);
    expect(steps.map(({ service }) => service)).to.deep.equal(["set", "set-2", "set-10"]);
    expect(parse(steps[1]?.text ?? "")).to.deep.equal({ services: { "set-2": labelled }, networks: { backend: {} } });
  });

  it("S5 D2 are those that run: new ones wait for each other, and come up at once", () => {
    expect(order([])).to.deep.equal([]);
    expect(order(["set"])).to.deep.equal(["set"]);
  });

  it("S5 D2 do not come from a file that has them no more", () => {
    expect(order(["set-3"])).to.deep.equal([]);
  });
});
