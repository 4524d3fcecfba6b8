import { expect } from "chai";
import * as fc from "fast-check";
import { opened, signed, signerOf } from "../../../../backup/format/signature";

describe("B5 a signed text", () => {
  const identity = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWKFJT5";
  const signer = signerOf(identity);
  const other = signerOf(identity.replace("SYQ", "SYP"));

  it("is proven by the key that signed it, and is the text that was signed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const whole = `${JSON.stringify(text)}\n`;
        expect(opened(signed(whole, signer), signer)).to.deep.equal({ text: whole, trust: "proven" });
      }),
    );
  });

  it("is told apart: another key's, and one that has changed", () => {
    expect(opened(signed("a\n", other), signer)?.trust).to.equal("other key");
    expect(opened(signed("a\n", signer).replace("a", "b"), signer)?.trust).to.equal("changed");
    expect(opened(signed("a\n", signer))?.trust).to.equal("unproven");
  });

  it("is not proven any more with any of its bytes changed, or cut off anywhere", () => {
    const note = Buffer.from(signed('{ "stack": "press" }\n', signer));
    for (let index = 0; index < note.length; index += 1) {
      const changed = Buffer.from(note);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(opened(changed.toString(), signer)?.trust, `byte ${index}`).to.not.equal("proven");
      expect(opened(note.subarray(0, index).toString(), signer)?.trust, `cut at ${index}`).to.not.equal("proven");
    }
  });

  it("takes the same key for the same secret on every machine", () => {
    expect(signerOf(identity).id.toString("hex")).to.equal(signer.id.toString("hex"));
    expect(opened(signed("a\n", signerOf(identity)), signer)?.trust).to.equal("proven");
  });
});
