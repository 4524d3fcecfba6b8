import { expect } from "chai";
import { hasPassphrase, reencrypted, WrongPassphrase } from "../../../../backup/contents/pulumi-state";
import { rejection } from "../../../support/rejection";
import { encryptedState, secretCiphertext, statePassphrase } from "./pulumi-state";

describe("B5 C5 Pulumi's state in a backup", () => {
  it("is encrypted anew: it opens with its own passphrase, and with the machine's no more", async () => {
    const fresh = await reencrypted(encryptedState("swarm"), statePassphrase, "two");
    expect(fresh).to.not.contain(secretCiphertext);
    expect((await rejection(reencrypted(fresh, statePassphrase, "three"))).name).to.equal(WrongPassphrase.name);
    const again = JSON.parse(await reencrypted(fresh, "two", statePassphrase)) as object;
    const secrets = (state: object) => JSON.stringify(state).replace(/v1:[^"]*/g, "…");
    expect(secrets(again)).to.equal(secrets(JSON.parse(encryptedState("swarm")) as object));
  });

  it("stays as it is where a service encrypts it", async () => {
    const state = JSON.stringify({ checkpoint: { latest: { secrets_providers: { type: "service", state: {} } } } });
    expect(hasPassphrase(state)).to.equal(false);
    expect(await reencrypted(state, "one", "two")).to.equal(state);
  });
});
