import { z } from "zod";
import { defaults } from "../defaults";
import { isHost, port } from "./values";

export const mailRelay = z
  .strictObject({
    host: z
      .string()
      .refine(isHost, "must be a host name or an address, for example smtp.example.com")
      .describe("Host name of the SMTP server."),
    port: port.default(587).describe("Its port: 587 for STARTTLS, 465 for TLS from the first byte."),
    encryption: z
      .enum(["starttls", "tls", "none"])
      .default(defaults.mailRelay.encryption)
      .describe("`starttls` and `tls` refuse a server whose certificate does not hold; `none` only without a login."),
    username: z
      .string()
      .min(1)
      .optional()
      .describe("Whom the sites log in as. Absent: the server takes mail from anybody."),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe("File with the password, relative to the project. Keep it out of the repository."),
  })
  .describe("SMTP server that delivers the mail of the sites, instead of the inbox.");
