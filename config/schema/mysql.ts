import { z } from "zod";
import { defaults } from "../defaults";
import { existingServerSecret } from "./existing-secret";
import { external } from "./mysql-external";
import { pod } from "./pod";
import { service } from "./service";
import { only, onlyEach } from "./only";
import { claimKeys, volumeKeys } from "./storage";
import { placement, quantity, wholeNumber } from "./values";

const serverOptions = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_-]*$/, "must be a MySQL server option such as max_connections"),
    z.union([z.string(), z.number(), z.boolean()]),
  )
  .default({});

const ownServer = z
  .strictObject({
    topology: z
      .enum(["single", "replicated", "group"])
      .default("single")
      .describe(
        "Shape of the database: one server; a source with replicas that follow it; or a group whose members decide who takes writes, so that it carries on when one is lost.",
      ),
    replicas: only(
      "members",
      wholeNumber(2, 9, "all members of the database")
        .default(defaults.mysql.replicas)
        .describe("Members of a replicated set, the source included; or of a group: 3, 5, 7 or 9."),
    ),
    ...onlyEach("replicated", {
      startOrder: z
        .enum(["parallel", "ordered"])
        .default("parallel")
        .describe(
          "Whether members of a replicated set start at once or one after the other. Swarm starts them at once.",
        ),
      maxLag: wholeNumber(1, 86400, "seconds, up to a day")
        .default(defaults.mysql.maxLag)
        .describe(
          "Seconds a replica may be behind the source before reads leave it out; on Swarm its task is ended for that, and a new one catches up.",
        ),
      semiSync: z
        .boolean()
        .default(false)
        .describe("Acknowledge a write only when a replica has it too. Costs a round trip a write."),
      recoverFrom: wholeNumber(1, 9, "the ordinal of a replica")
        .optional()
        .describe(
          "Ordinal of the replica (on Swarm, the number of its task) from which a source that has lost its data is made again. Remove it afterwards.",
        ),
      recoverWithout: z
        .array(wholeNumber(1, 9, "the ordinal of a replica"))
        .optional()
        .describe(
          "Ordinals of replicas that are lost for good while recoverFrom names another one: what only they had is given up. A replica that does not answer keeps the recovery waiting otherwise.",
        ),
    }),
    // Said of a single server, too: it is remembered from the topology before.
    installed: only(
      "swarm",
      z
        .boolean()
        .default(false)
        .describe(
          "Whether a database of several members has been up: then a source or first member without data is no new one. `npm start` remembers it; who deploys otherwise sets it after the first time.",
        ),
    ),
    memberPlacement: only(
      "group",
      placement
        .optional()
        .describe(
          "A placement constraint for each member of a group, in their order, which pins it to the node of its volume. Default: `placement`, for all of them; a swarm of one node needs neither. Swarm only.",
        ),
    ),
    memory: quantity("memory", "512Mi", "MySQL with its performance schema needs about 430 MB idle")
      .optional()
      .describe(
        "Memory limit; the buffer pool is sized from it. At least 512Mi, and what the connections of the sites need. Default: 1Gi, and more for many sites.",
      ),
    storage: z
      .strictObject({
        ...claimKeys(defaults.mysql.storage, "1Gi", "an empty server has logs of some 200 MB"),
        ...volumeKeys,
      })
      .prefault({})
      .describe("Where the databases are kept."),
    options: serverOptions.describe(
      "MySQL server options over the defaults, which follow the number of sites. Options this program depends on are refused.",
    ),
    ...onlyEach("replicated", {
      sourceOptions: serverOptions.describe("The same for the source of a replicated set alone, over `options`."),
      replicaOptions: serverOptions.describe("The same for the replicas of a replicated set alone, over `options`."),
      replicaPlacement: placement
        .optional()
        .describe(
          "Placement constraints of the replicas, which may move between nodes. Default: swarm.placement. Swarm only.",
        ),
    }),
    acceptUpgrade: z
      .string()
      .regex(/^[1-9]\d?\.\d{1,2}$/, 'must be a line of MySQL in quotation marks, such as "9.7"')
      .optional()
      .describe(
        "Line of MySQL that data of an earlier one may go to for good. Without it a server refuses to start on them: no earlier one reads them again. Make a backup first.",
      ),
    passwordGeneration: wholeNumber(1, 9999, "it is raised by one at a time")
      .default(1)
      .describe(
        "How often the passwords of the server's own users (root, monitor, backup; replication and clone of a set; metrics where there is `monitoring`) were made; `npm run ops -- secrets rotate --mysql` raises it.",
      ),
    authorities: z
      .strictObject({
        generation: wholeNumber(1, 9999, "it is raised by one at a time")
          .default(1)
          .describe("How often the authority was made that the database server's certificate is from."),
        alsoTrusted: wholeNumber(1, 9999)
          .optional()
          .describe("Another one that every client believes, too: while one takes the place of the other."),
      })
      .refine(({ alsoTrusted, generation }) => alsoTrusted === undefined || Math.abs(alsoTrusted - generation) === 1, {
        path: ["alsoTrusted"],
        error: "must be the one before or after generation, or left out where there is no other",
      })
      .prefault({})
      .describe(
        "Which authorities there are for the database server's certificate; `npm run ops -- secrets rotate --authority` replaces one, step by step, and writes them here.",
      ),
    existingSecret: only("kubernetes", existingServerSecret.optional()),
    pod,
    service,
    placement: placement.optional(),
  })
  .prefault({})
  .describe("The database server, one for all sites.");

export const mysql = z
  .strictObject({ ...onlyEach("ownServer", ownServer.unwrap().shape), external: external.optional() })
  .prefault({})
  .describe(ownServer.description ?? "");
