import { imageNames } from "../../../sandbox/images";
import { onePixel } from "./ghost-client";

/** An app that is no part of this program, of tests/apps, as a stack of the sandbox has it. */
export const guestbookApp = {
  guestbook: { module: "./tests/apps/guestbook/app.ts", settings: { port: 8090, image: imageNames.wordpress } },
};

/** Who writes and reads there. */
export class GuestbookClient {
  constructor(private readonly base: string) {}

  /** Adds an entry and the picture. */
  async write(entry: string): Promise<void> {
    await this.answered("/", { method: "POST", body: entry });
    await this.answered("/picture", { method: "PUT", body: onePixel });
  }

  /** Its page, which is read from the database. */
  async entries(): Promise<string> {
    return (await this.answered("/")).text();
  }

  async hasPicture(): Promise<boolean> {
    return Buffer.from(await (await this.answered("/picture")).arrayBuffer()).equals(onePixel);
  }

  /** Status of its page, asked for over a connection of its own. */
  async status(): Promise<number> {
    const response = await fetch(this.base, { headers: { Connection: "close" }, signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    return response.status;
  }

  private async answered(path: string, request: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.base}${path}`, { ...request, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) {
      throw new Error(`${request.method ?? "GET"} ${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  }
}
