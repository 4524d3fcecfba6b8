import { z } from "zod";
import { defaults } from "../defaults";
import { hostName } from "../values/names";
import { ownPort } from "./edge";
import { existingSecret } from "./existing-secret";
import { ingress } from "./ingress";
import { pod } from "./pod";
import { route } from "./route";
import { service } from "./service";
import { only, onlyEach } from "./only";
import { mailpitStorage } from "./storage";
import { memory, placement, port, wholeNumber } from "./values";

export const mailpit = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        "Whether to run the inbox. Without it and without `mailRelay`, the sites send no mail, and Ghost asks its staff for no code on a new device.",
      ),
    ...onlyEach("inbox", {
      authentication: z
        .boolean()
        .default(defaults.mailpit.authentication)
        .describe(
          "Ask for a login before mail is shown or taken. `npm run ops -- inbox` tells the random password. What takes alerts takes mail from whoever reaches it inside the stack: Alertmanager sends no password without TLS.",
        ),
      existingSecret: only(
        "kubernetes",
        existingSecret(
          "who may read the mail, as htpasswd has it: a user, a colon and a password a line, the password as it is or hashed with bcrypt",
          "htpasswd",
        ).optional(),
      ),
      maxMessages: wholeNumber(1, 1_000_000, "the inbox keeps no more in one list")
        .default(defaults.mailpit.maxMessages)
        .describe("Messages kept; the oldest go first."),
      memory: memory(
        defaults.mailpit.memory,
        "Memory limit.",
        "32Mi",
        "Mailpit takes about 21 MB idle, and each mail that it reads beside that",
      ),
      storage: mailpitStorage,
      port: ownPort(port.default(8025).describe("Port of the inbox published on the node.")),
      host: only(
        "edgeOrIngress",
        hostName("mail.example.com")
          .optional()
          .describe(
            "Host name of the inbox: of its `ingress` or `route`, or on Swarm behind `edge`, where it is reached by nothing else; with https.",
          ),
      ),
      ingress: ingress.optional(),
      route: route.optional(),
      placement: placement.optional(),
      pod,
      service,
    }),
  })
  .prefault({})
  .describe("The mail inbox that catches what Ghost sends. Not a mail server for the outside.");
