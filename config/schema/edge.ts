import { z } from "zod";
import { defaults } from "../defaults";
import { hostName } from "../values/names";
import { only, onlyEach } from "./only";
import { podPlacement } from "./pod";
import { volumeKeys } from "./storage";
import { duration, memory, network, placement, port } from "./values";

/** The configuration of the edge's own program has these values in it, and there braces, quotes and backslashes mean something. */
const plain = (pattern: RegExp, words: string) => z.string().regex(pattern, words);

const file = z.string().min(1);

const acme = z.strictObject({
  directory: plain(
    /^https:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/-]*)?$/,
    "must be the https address of an ACME directory, for example https://acme-staging-v02.api.letsencrypt.org/directory",
  )
    .optional()
    .describe("Directory of the authority. Default: that of Let's Encrypt, and ZeroSSL's where it refuses."),
  caFile: file
    .optional()
    .describe("File with the root certificate of a private authority, in PEM form, relative to the project."),
  externalAccount: z
    .strictObject({
      keyId: plain(
        /^[A-Za-z0-9._~+/=:@-]+$/,
        "must be the key id of an external account: letters, digits and the signs . _ ~ + / = : @ -",
      ).describe("Its key id."),
      macKeyFile: file.describe(
        "File with its MAC key, as the authority gave it, relative to the project. Keep it out of the repository.",
      ),
    })
    .optional()
    .describe("Account at the authority that is to be named, where it asks for one."),
});

/** What the edge has where it ends https itself, and the ports are its own. */
const ownHttps = {
  certificates: z
    .enum(["acme", "internal"])
    .default(defaults.edge.certificates)
    .describe(
      "`acme`: from an authority, which must reach each name on port 80 or 443; localhost and names below `.localhost`, `.local` and `.internal` get theirs from the edge itself. `internal`: all from the edge itself; browsers trust them once they are told its root.",
    ),
  ...onlyEach("acme", {
    email: plain(
      /^[^\s@"'`{}\\]+@[^\s@"'`{}\\]+$/,
      "must be a mail address without quotes, braces and backslashes, for example me@example.com",
    )
      .optional()
      .describe("Whom the authority writes to about the certificates. Required, unless the authority is private."),
    acme: acme.prefault({}).describe("The authority."),
  }),
  httpPort: port.default(defaults.edge.httpPort).describe("Port for http, published on the node where the edge runs."),
  httpsPort: port.default(defaults.edge.httpsPort).describe("Port for https, published there over TCP and UDP."),
  storage: z.strictObject(volumeKeys).prefault({}).describe("Where the certificates and their keys are kept."),
};

export const edge = z
  .strictObject({
    ...onlyEach("edgeOfSwarm", ownHttps),
    wait: duration
      .default(defaults.edge.wait)
      .describe("How long a reader's GET waits for a site that is being started again: 1s to 10m."),
    memory: memory(
      defaults.edge.memory,
      "Memory limit; on Kubernetes of each of its two pods. Each reader who waits takes 40 KB.",
      "64Mi",
      "Caddy takes 15 MB idle, and more with each reader",
    ),
    placement: placement.optional(),
    trustedProxies: z
      .array(network)
      .min(1, "must name a network of what stands in front of the edge")
      .optional()
      .describe(
        "Networks, as CIDR, of what stands in front of the edge, whose word in `X-Forwarded-For` is taken for the reader's address: on Swarm of a CDN or a load balancer, on Kubernetes of the Ingress controller's or the Gateway's pods. No reader comes from there: where some have private addresses, name the network of the cluster's pods alone. Default: none on Swarm, all private networks on Kubernetes.",
      ),
    pod: podPlacement,
  })
  .describe(
    "Caddy in front of all sites, which are reached through it by the host of their `url`. On Swarm it ends https, gets the certificates, and no site publishes a port of its own; on Kubernetes it stands behind an `ingress` or a `route`, which do that. Absent: none.",
  );

/** What an edge alone can do. */
export const behindEdge = <Schema extends z.ZodType>(schema: Schema): Schema => only("edge", schema);

/** More hosts of a site. */
export const hosts = z
  .array(hostName("www.blog.example.com"))
  .default([])
  .describe("More hosts of the site: who comes there is led to the same page at the host of `url`.");

/** The same, where an edge alone leads there. */
export const aliases = behindEdge(hosts);

/** A port that an app publishes itself. */
export const ownPort = <Schema extends z.ZodType>(schema: Schema): Schema => only("swarm", only("noEdge", schema));
