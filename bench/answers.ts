import * as http from "node:http";
import { interruption } from "../terminal/interruption";
import { UserError } from "../errors";

/** What takes longer has failed. */
const limitSeconds = 600;

/** Waits until an address answers with status 200, asking ten times a second. */
export async function answers(url: string, failed: () => boolean): Promise<void> {
  const deadline = Date.now() + limitSeconds * 1000;
  while ((await status(url)) !== 200) {
    interruption.throwIfInterrupted();
    if (failed()) {
      return;
    }
    if (Date.now() > deadline) {
      throw new UserError(`${url} does not answer within ${limitSeconds} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function status(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 10_000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", () => resolve(undefined));
  });
}
