import { z } from "zod";
import { isSubdomain, variableName } from "../values/names";
import { secretKey } from "./existing-secret";

const file = z.strictObject({
  file: z.string().min(1).describe("File with the value, relative to the project. Keep it out of the repository."),
});

/** As `pulumi config set --secret` writes it; to the program the engine hands it decrypted. */
const encrypted = z.strictObject({ secure: z.string().min(1) });

const clusterSecret = z.strictObject({
  secretName: z
    .string()
    .refine(isSubdomain, "must be the name of a Secret")
    .describe("Kubernetes only: a Secret of the namespace that somebody else fills, such as an External Secret."),
  key: secretKey.describe("Its key with the value."),
});

/** Where the value of a secret comes from. */
export type SecretSetting = z.output<typeof secretSetting>;
export const secretSetting = z.union([file, clusterSecret, encrypted], {
  error:
    "must be `file: PATH`, `secretName: NAME` with `key: KEY` (Kubernetes), or encrypted by `pulumi config set --secret --path`: here everybody would read it who has the file",
});

/** Settings of a site that are secrets. */
export const secretSettings = z
  .record(
    variableName("bulkEmail__mailgun__apiKey").refine(
      (name) => name.split("__").length > 1 && name.split("__").every((part) => part !== ""),
      "must be nested, such as bulkEmail__mailgun__apiKey: Ghost reads no other from a file",
    ),
    secretSetting,
  )
  .default({})
  .describe(
    "Ghost settings that are secrets, by name (`bulkEmail__mailgun__apiKey`): only the site's containers get the value, as a file. It is `file: PATH`, an encrypted value of the Pulumi CLI, or on Kubernetes `secretName` and `key` of a Secret that somebody else fills.",
  );
