import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type * as passphraseModule from "../../../../deploy/pulumi/passphrase";
import { opens } from "../../../../deploy/pulumi/passphrase";
import { freshModule } from "../../../support/fresh-modules";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("the passphrase of a state", function () {
  // A million rounds of a hash each time.
  this.timeout(60_000);
  /** What the Pulumi CLI 3.270 has made of the passphrase `test`. */
  const salt = "v1:H5D1FALqLFw=:v1:rSSe40NM5u8s5AeB:X5+ufsbzDoxoSONqYjE/1AmysKRfZQ==";

  it("A5 is known to be the right one without the engine", async () => {
    expect(await opens("test", salt)).to.equal(true);
    expect(await opens("wrong", salt)).to.equal(false);
  });

  /** The passphrase afterwards, and what was said. */
  const prepared = async (passphrase: string | undefined, states: Record<string, string>) => {
    const home = temporaryDirectory();
    const file = path.join(home, "passphrase");
    if (passphrase !== undefined) {
      fs.writeFileSync(file, passphrase);
    }
    for (const [stack, salted] of Object.entries(states)) {
      const state = path.join(home, "state", ".pulumi", "stacks", "p", `${stack}.json`);
      fs.mkdirSync(path.dirname(state), { recursive: true });
      const providers = salted === "" ? {} : { secrets_providers: { type: "passphrase", state: { salt: salted } } };
      fs.writeFileSync(state, JSON.stringify({ version: 3, checkpoint: { latest: providers } }));
    }
    const { localPassphraseFile } = freshModule(home, "deploy/pulumi/passphrase") as typeof passphraseModule;
    const said = await localPassphraseFile("p", "s").then(() => "", String);
    return { said, passphrase: fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined, file };
  };

  it("A6 is made where nothing is encrypted with another one, and never beside a state that is", async () => {
    const fresh = await prepared(undefined, {});
    expect(fresh.passphrase).to.match(/^[\w-]{43}\n$/);
    expect((await prepared("", { other: "" })).passphrase).to.match(/^[\w-]{43}\n$/);
    for (const [found, words] of [
      [undefined, "is missing"],
      ["", "is empty"],
      [" \n", "is empty"],
    ] as const) {
      for (const stack of ["s", "another"]) {
        const { file, passphrase, said } = await prepared(found, { [stack]: salt });
        expect(passphrase).to.equal(found);
        expect(said)
          .to.contain(`UserError: ${file}`)
          .and.contain(words)
          .and.contain(`${stack}.json`)
          .and.contain("backup");
      }
    }
  });

  it("A5 is refused where it is another one, and taken where it is the right one", async () => {
    const wrong = await prepared("wrong\n", { s: salt });
    expect(wrong.said).to.contain("holds another passphrase than the one that the state of stack s is encrypted with");
    expect((await prepared("test\n", { s: salt })).said).to.equal("");
  });
});
