import { z } from "zod";
import { existingSecret } from "./existing-secret";
import { only } from "./only";
import { accountAddress, line } from "./values";

/** The owner of a site. */
export const owner = z
  .strictObject({
    name: line("a name", 191).describe("As readers see it below posts, for example `Jane Doe`."),
    email: accountAddress.describe("Signs in with it."),
    existingSecret: only(
      "kubernetes",
      existingSecret(
        "the password that the account is made with; the owner changes it in Ghost from then on",
      ).optional(),
    ),
    siteTitle: line("a title", 150).optional().describe("Title that the site begins with. Default: the host of `url`."),
  })
  .optional()
  .describe(
    "Whose account is made before anybody can reach the site; `npm run ops -- owner` shows the password. Without it, the first visitor owns the site. A site that has an owner keeps it.",
  );
