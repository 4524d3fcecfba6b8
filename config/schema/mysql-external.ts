import { isIP } from "node:net";
import { z } from "zod";
import { existingSecret } from "./existing-secret";
import { only, onlyEach } from "./only";
import { isSubdomain } from "../values/names";
import { port } from "./values";

const passwordFile = z
  .string()
  .min(1)
  .optional()
  .describe("File with the password, relative to the project. Keep it out of the repository.");

/** A user of MySQL. */
const user = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,32}$/,
    "must be the name of a MySQL user: up to 32 letters, digits, hyphens, dots and underscores",
  );

/** A database server that is somebody else's. */
export const external = z
  .strictObject({
    host: z
      .string()
      .refine(
        (host) => isSubdomain(host) && isIP(host) === 0,
        "must be a host name such as db.example.net: the server's certificate is verified to be of that name, and none is of an address",
      )
      .describe("Host name of the server, which its certificate has to name."),
    port: port.default(3306).describe("Its port."),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "File with the root of the authority that the server's certificate is from, in PEM form, relative to the project. Default: the public authorities that Ghost's Node.js knows.",
      ),
    user: user
      .optional()
      .describe(
        "Admin with whose login databases and users of the sites are made. Absent: every site brings its own (`sites.<name>.database`).",
      ),
    passwordFile,
  })
  .describe(
    "A MySQL server of somebody else's, version 8.0.21 or newer, instead of one of the stack's own (docs/external-database.md).",
  );

/** The database of a site: on such a server, or on the stack's own. */
export const siteDatabase = z
  .strictObject({
    existingSecret: only("ownServer", only("kubernetes", existingSecret("the password of the site's user").optional())),
    ...onlyEach("external", {
      name: z
        .string()
        .regex(
          /^[A-Za-z0-9_-]{1,64}$/,
          "must be the name of a database: up to 64 letters, digits, hyphens and underscores",
        )
        .optional()
        .describe("Its name. Default: `ghost_` and the name of the site."),
      user: user.optional().describe("Who owns it. Default: `ghost_` and the name of the site."),
      passwordFile: passwordFile.describe(
        "File with the password of a database and user that are there already, relative to the project. Absent: both are made, with a password of the program's.",
      ),
    }),
  })
  .describe(
    "The site's database, where its password is in a Secret; or where, on somebody else's server, it has names of its own or is brought along.",
  );
