import { z } from "zod";
import { defaults } from "../defaults";
import { appFiles } from "./app-files";
import { aliases, ownPort } from "./edge";
import { owner } from "./owner";
import { sharedKey, volumeKeys } from "./storage";
import { memory, placement, port, quantity, siteMailFrom, siteUrl, wholeNumber } from "./values";

/** A WordPress site. */
export const wordpress = z.strictObject({
  url: siteUrl("https://magazine.example.com").describe("Address readers use; WordPress makes every link from it."),
  port: ownPort(port.optional().describe("Port published on the node. Default: the port in `url`.")),
  aliases,
  replicas: wholeNumber(1, 100, "each task takes memory, and connections of the database server")
    .default(defaults.wordpress.replicas)
    .describe("Tasks behind the published port. They share one volume of uploads, themes and plugins."),
  memory: memory(
    defaults.wordpress.memory,
    "Memory limit of a task; it holds the program's files, too.",
    "256Mi",
    "the program's files are in it, and PHP",
  ),
  maxUpload: quantity("disk space", "1Mi", "a picture of a telephone has more")
    .default(defaults.wordpress.maxUpload)
    .describe("The greatest file that can be uploaded. It goes to the storage as it comes and takes no memory."),
  storage: z
    .strictObject({ ...volumeKeys, ...sharedKey })
    .prefault({})
    .describe("Where uploads, themes and plugins are kept."),
  placement: placement.optional(),
  mailFrom: siteMailFrom,
  owner,
  ...appFiles,
});
