import { expect } from "chai";
import {
  encryptionOf,
  judged,
  mustCarryEncryption,
  reasonsAgainstEncryption,
  type Encryption,
} from "../../../machines/encryption";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmConfig } from "../../../config/schema";
import { UserError } from "../../../errors";

describe("S11 an encrypted backend network", () => {
  const found = (answers: Record<string, string>): Encryption[] =>
    Object.entries(answers).map(([node, line]) => ({ node, ...judged(line) }));

  it("is refused where it would carry nothing, with every machine and what its kernel says", () => {
    const answers = {
      m1: "yes\n",
      w1: "no: Error: Requested AEAD algorithm not found.\n",
      w2: "no: Protocol not supported",
    };
    expect(() => mustCarryEncryption(found(answers)))
      .to.throw(UserError, /w1: its kernel refuses \(Error: Requested AEAD algorithm not found\.\)/)
      .with.property("message")
      .that.matches(/w2: its kernel refuses/)
      .and.not.contains("m1");
  });

  it("is deployed where it cannot be told, with a word about that", () => {
    const notes = mustCarryEncryption(found({ m1: "yes", w1: "unknown: ip is not installed there", w2: "" }));
    expect(notes).to.have.length(2);
    expect(notes.join()).to.contain("w1: not known whether its kernel carries encrypted networks (ip is not installed");
  });

  it("is on where every kernel is known to carry it, and the others are named where not", () => {
    expect(reasonsAgainstEncryption(found({ m1: "yes", w1: "yes" }))).to.deep.equal([]);
    const mixed = reasonsAgainstEncryption(
      found({ m1: "yes", w1: "no: Protocol not supported", w2: "unknown: no ip" }),
    );
    expect(mixed).to.deep.equal([
      "The backend network between the machines is not encrypted (swarm.encryptBackend):",
      "  w1: its kernel carries no encrypted networks (Protocol not supported)",
      "  w2: not known whether its kernel carries encrypted networks (no ip)",
    ]);
  });

  it("is asked about on machines that have others", async () => {
    const swarm = (roles: readonly string[]) => {
      const nodes = Object.fromEntries(
        roles.map((role, index) => [`n${index}`, { host: `tcp://10.0.0.${index + 1}:2376`, role }]),
      );
      const raw = { placement: ["node.hostname==n0"], toleratedFailures: 0, nodes };
      const parsed = parseStackConfig({ platform: "swarm", shop: {}, swarm: raw });
      return encryptionOf((parsed as { swarm: SwarmConfig }).swarm);
    };
    expect(await swarm(["manager"])).to.deep.equal([]);
    const asked = await swarm(["manager", "worker"]);
    // An engine over tcp is no way to its machine.
    expect(asked.map(({ carries, node }) => [node, carries])).to.deep.equal([
      ["n0", "unknown"],
      ["n1", "unknown"],
    ]);
  });
});
