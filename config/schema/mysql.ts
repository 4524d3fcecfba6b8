import { z } from "zod";
import { storage } from "./storage";
import { placement, quantity } from "./values";

const serverOptions = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_-]*$/, "must be a MySQL server option such as max_connections"),
    z.union([z.string(), z.number(), z.boolean()]),
  )
  .default({});

export const mysql = z
  .strictObject({
    topology: z
      .enum(["single", "replicated"])
      .default("single")
      .describe("Shape of the database: one server, or a source with replicas that follow it."),
    replicas: z
      .number()
      .int()
      .min(2, "must be 2 to 9: a source and its replicas")
      .max(9, "must be 2 to 9: a source and its replicas")
      .default(3)
      .describe("Members of a replicated set, the source included."),
    startOrder: z
      .enum(["parallel", "ordered"])
      .default("parallel")
      .describe("Whether members of a replicated set start at once or one after the other. Swarm starts them at once."),
    maxLag: z
      .number()
      .int()
      .min(1, "must be 1 second or more")
      .default(30)
      .describe(
        "Seconds a replica may be behind the source before reads leave it out; on Swarm its task is ended for that, and a new one catches up.",
      ),
    semiSync: z
      .boolean()
      .default(false)
      .describe("Acknowledge a write only when a replica has it too. Costs a round trip a write."),
    recoverFrom: z
      .number()
      .int()
      .min(1, "must be the ordinal of a replica: 1 or more")
      .optional()
      .describe(
        "Ordinal of the replica (on Swarm, the number of its task) from which a source that has lost its data is made again. Remove it afterwards.",
      ),
    recoverWithout: z
      .array(z.number().int().min(1, "must be the ordinal of a replica: 1 or more"))
      .optional()
      .describe(
        "Ordinals of replicas that are lost for good while recoverFrom names another one: what only they had is given up. A replica that does not answer keeps the recovery waiting otherwise.",
      ),
    installed: z
      .boolean()
      .default(false)
      .describe(
        "Whether the replicated set has been up: then a source without data is no new one. `npm start` remembers it; who deploys otherwise sets it after the first time. Swarm only.",
      ),
    memory: quantity("memory")
      .optional()
      .describe(
        "Memory limit; the buffer pool is sized from it. At least 512Mi, and what the connections of the sites need. Default: 1Gi, and more for many sites.",
      ),
    storage: storage("20Gi").describe("Where the databases are kept."),
    options: serverOptions.describe(
      "MySQL server options over the defaults, which follow the number of sites. Options this program depends on are refused.",
    ),
    sourceOptions: serverOptions.describe("The same for the source of a replicated set alone, over `options`."),
    replicaOptions: serverOptions.describe("The same for the replicas of a replicated set alone, over `options`."),
    passwordGeneration: z
      .number()
      .int()
      .min(1, "must be 1 or more")
      .default(1)
      .describe(
        "How often the passwords of the server's own users (root, monitor, backup; replication and clone of a set; metrics where there is `monitoring`) were made; `npm run ops -- secrets rotate --mysql` raises it.",
      ),
    placement: placement.optional(),
    replicaPlacement: placement
      .optional()
      .describe(
        "Swarm placement constraints of the replicas, which may move between nodes. Default: swarm.placement. Swarm only.",
      ),
  })
  .prefault({})
  .describe("The database server, one for all sites.");
