import { z } from "zod";
import { dnsLabel } from "../values/names";
import { wholeNumber } from "./values";

export const secrets = z
  .strictObject({
    keepVersions: wholeNumber(0, 9)
      .default(2)
      .describe(
        "Former versions of a secret, or of a config made from a file, that are kept for rollback; of a password always one.",
      ),
    generations: z
      .record(dnsLabel(24), wholeNumber(1, 9999, "it is raised by one at a time"))
      .default({})
      .describe(
        "How often the database password of a site was made, by the site's name, and of the shop's servers as `shop-postgres`, `shop-redis` and `shop-rabbitmq`; `npm run ops -- secrets rotate` raises it. Default: 1.",
      ),
  })
  .prefault({})
  .describe("How passwords, secrets and configs change.");
