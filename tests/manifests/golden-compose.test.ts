import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { RawConfig } from "../../config/files/machine";
import { readStackFile } from "../../config/files/stack-file";
import { collect } from "../../render/collect";
import { composeStack } from "../../render/compose";
import { FixedValues } from "../support/fixed-values";
import { differences } from "./differences";

/** Stacks as their files say, the database of one as a replicated set, and one with all of the monitoring. */
const stacks = {
  swarm: {},
  "swarm-replicated": { mysql: { topology: "replicated", recoverFrom: 2, installed: true } },
  "swarm-group": { mysql: { topology: "group", installed: true } },
  "swarm-edge": {
    edge: { email: "me@example.com" },
    sites: { blog: { url: "https://blog.example.com", aliases: ["www.blog.example.com"] } },
    mailpit: { host: "mail.example.com" },
  },
  "swarm-monitored": { monitoring: { alerts: { to: ["owner@example.com"] } } },
};

/**
 * What the stack on Swarm becomes, as a compose file; of the others what is otherwise in them. Scripts and the server's options show by the hash in their names. After an intended
 * change: `UPDATE_GOLDEN=1 npm test -- --grep golden`, then read the difference.
 */
describe("golden compose file", () => {
  for (const [name, over] of Object.entries(stacks)) {
    it(`A4 golden: stack ${name} renders what review has seen`, async () => {
      const document = await composed(over);
      const isFirst = name === "swarm";
      const now = stringify(isFirst ? document : differences({ ...(await composed({})) }, { ...document }), {
        lineWidth: 0,
        aliasDuplicateObjects: false,
      });
      const file = path.join(__dirname, isFirst ? "swarm.compose.yaml" : `${name}.unlike-swarm.compose.yaml`);
      if (process.env["UPDATE_GOLDEN"]) {
        fs.writeFileSync(file, now);
      }
      expect(now).to.equal(fs.readFileSync(file, "utf8"));
    });
  }

  async function composed(over: RawConfig): Promise<ReturnType<typeof composeStack>["document"]> {
    const { resources } = await collect(
      readStackFile(path.join(__dirname, "..", ".."), "swarm", over),
      "swarm",
      new FixedValues(),
    );
    return composeStack(resources).document;
  }
});
