import { z } from "zod";
import { defaults } from "../defaults";
import { service } from "./service";
import { sharedKey, volumeKeys } from "./storage";
import { memory, placement } from "./values";

/** The ActivityPub server of Ghost's makers that a stack runs itself, for all its sites with `activityPub: self`. */
export const activityPub = z
  .strictObject({
    memory: memory(
      defaults.activityPub.memory,
      "Memory limit of the server.",
      "256Mi",
      "the makers' server takes 120 MiB idle, and more with each picture that is uploaded",
    ),
    storage: z
      .strictObject({ ...volumeKeys, ...sharedKey })
      .prefault({})
      .describe("Where the pictures are kept that people add on the page Network."),
    placement: placement.optional(),
    service,
  })
  .prefault({})
  .describe("The ActivityPub server that the stack runs itself. Every key has a default.");
