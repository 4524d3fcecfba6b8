import { z } from "zod";
import { ingress } from "./ingress";
import { mailpitStorage } from "./storage";
import { memory, placement, port } from "./values";

export const mailpit = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        "Whether to run the inbox. Without it and without `mailRelay`, the sites send no mail, and Ghost asks its staff for no code on a new device.",
      ),
    authentication: z
      .boolean()
      .default(true)
      .describe(
        "Ask for a login before mail is shown or taken. `npm run ops -- inbox` tells the random password. What takes alerts takes mail from whoever reaches it inside the stack: Alertmanager sends no password without TLS.",
      ),
    maxMessages: z.number().int().min(1).default(500).describe("Messages kept; the oldest go first."),
    memory: memory("128Mi", "Memory limit."),
    storage: mailpitStorage,
    port: port.default(8025).describe("Port of the inbox published on the node. Swarm only."),
    host: z.string().min(1).optional().describe("Host name of the inbox's Ingress. Kubernetes only."),
    ingress: ingress.optional(),
    placement: placement.optional(),
  })
  .prefault({})
  .describe("The mail inbox that catches what Ghost sends. Not a mail server for the outside.");
