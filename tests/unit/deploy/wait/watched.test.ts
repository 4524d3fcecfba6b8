import { expect } from "chai";
import { watched } from "../../../../deploy/wait/watched";
import { rejection } from "../../../support/rejection";

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("an operation that is watched", () => {
  it("is asked to stop once it cannot succeed, and fails with the reason", async () => {
    const watch = () => Promise.reject(new Error("no image"));
    const error = await rejection(
      watched(watch, async (signal) => {
        await aborted(signal);
        throw new Error("stopped");
      }),
    );
    expect(error.message).to.equal("no image");
  });

  it("fails with its own reason where the watch has found none, and the watch ends", async () => {
    let over = false;
    const watch = async (signal: AbortSignal) => {
      await aborted(signal);
      over = true;
    };
    const error = await rejection(watched(watch, () => Promise.reject(new Error("its own"))));
    expect(error.message).to.equal("its own");
    expect(over).to.equal(true);
  });

  it("succeeds where it was too late to stop it", async () => {
    const watch = () => Promise.reject(new Error("no image"));
    const result = await watched(watch, async (signal) => {
      await aborted(signal);
      return "done";
    });
    expect(result).to.equal("done");
  });

  it("needs no watch", async () => {
    expect(await watched(undefined, () => Promise.resolve("done"))).to.equal("done");
  });
});
