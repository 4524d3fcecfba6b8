import { z } from "zod";

export const ownApp = z.strictObject({
  module: z
    .string()
    .min(1)
    .describe("What exports the app: a file such as `./guestbook/app.ts`, relative to the project, or an npm package."),
  settings: z.record(z.string(), z.unknown()).default({}).describe("What the app takes; it says itself what that is."),
});
