import { z } from "zod";
import { defaults } from "../defaults";
import { podPlacement } from "./pod";
import { secretSetting } from "./secret-settings";
import { service } from "./service";
import { memory, placement } from "./values";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ghost's web analytics, of all sites of a stack. */
export const analytics = z
  .strictObject({
    endpoint: z
      .string()
      .regex(
        /^https?:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/,
        "must be the address of Tinybird's API without a path, for example https://api.us-east.tinybird.co",
      )
      .default(defaults.analytics.endpoint)
      .describe(
        "Tinybird's API in the region of the workspace. The stack sends page hits there, and the browsers of the staff ask there for figures.",
      ),
    workspaceId: z
      .string()
      .regex(uuid, "must be the id of a workspace of Tinybird, such as 123e4567-e89b-42d3-a456-426614174000")
      .describe("The workspace: one for all sites of the stack, which are told apart there."),
    adminToken: secretSetting.describe(
      "The workspace's admin token, which the sites alone get: with it they sign who of their staff may read the figures of which site. Given like a secret setting: `file: PATH`, an encrypted value of the Pulumi CLI, or on Kubernetes `secretName` and `key`.",
    ),
    trackerToken: secretSetting.describe(
      "The workspace's token `tracker`, which may add page hits and no more, and which the proxy alone gets. Given in the same way.",
    ),
    memory: memory(
      defaults.analytics.memory,
      "Memory limit of the proxy.",
      "256Mi",
      "the makers' proxy takes 210 MB idle",
    ),
    placement: placement.optional(),
    pod: podPlacement,
    service,
  })
  .describe(
    "Ghost's web analytics: page hits of the sites, by the proxy of Ghost's makers, to a workspace at Tinybird. Absent: none.",
  );
