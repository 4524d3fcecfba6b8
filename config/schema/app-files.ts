import { z } from "zod";
import { onlyEach } from "./only";

const containerPath = z
  .string()
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[^\s\p{Cc}:,/]+)+$/u,
    'must be the absolute path of a file in the container, such as /run/secrets/api-key: without spaces, colons, commas, "//" and ".."',
  );

export const appFiles = onlyEach("swarm", {
  secrets: z
    .record(
      containerPath,
      z.strictObject({
        file: z.string().min(1).describe("The file, relative to the project. Keep it out of the repository."),
        kind: z
          .enum(["text", "json", "certificate"])
          .default("text")
          .describe("What is checked: JSON parses; a certificate is valid for days yet, and for the host in `url`."),
      }),
    )
    .optional()
    .describe("Files that containers get as secrets, by their path in the container."),
  configs: z
    .record(
      containerPath,
      z.strictObject({
        file: z.string().min(1).describe("The file, relative to the project; a template where it has `{{name}}`."),
        kind: z.enum(["text", "json"]).default("text").describe("What is checked: JSON parses, once it is filled in."),
        values: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
          .default({})
          .describe("What `{{name}}` stands for in this stack."),
      }),
    )
    .optional()
    .describe("Files that containers get as configs, by their path in the container."),
});
/** Files that an app gets beside its own. */
export type AppFilesConfig = {
  [Key in keyof typeof appFiles]?: z.output<(typeof appFiles)[Key]> | undefined;
};
