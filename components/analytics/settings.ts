import * as path from "node:path";
import { trackerSecretDirectory } from "../../config/container-paths";
import { readScripts, scriptDirectory } from "../../platforms/scripts";

/** Where the makers' proxy listens. */
export const proxyPort = 3000;
/** The image's user `node`. */
export const proxyUser = 1000;
/** Where the container finds the token that may add page hits. */
export const tokenFile = `${trackerSecretDirectory}/tracker-token`;
/** How it is asked whether it is well, from inside. */
export const healthPath = "/";

const prepareScript = "prepare.js";

/** The scripts of its container, by file name. */
export function proxyScripts(): Record<string, string> {
  return readScripts(path.join(__dirname, "scripts"), [prepareScript]);
}

/**
 * The image's own program. Without the maps to its source, which the image's own command has it read for each error: with them it takes twice the
 * memory.
 */
export const proxyCommand = ["node", "--require", `${scriptDirectory}/${prepareScript}`, "dist/server.js"];

/**
 * Its environment, in which no secret is. Salts, from which with an address and a browser the id of a reader's day comes, stay in memory: nobody can compute
 * afterwards who it was, and a restart counts the readers of that day once more.
 *
 * @param endpoint Tinybird's API
 */
export function proxyEnvironment(endpoint: string): Record<string, string> {
  return {
    NODE_ENV: "production",
    PORT: String(proxyPort),
    PROXY_TARGET: `${endpoint}/v0/events`,
    TRACKER_TOKEN_FILE: tokenFile,
    SALT_STORE_TYPE: "memory",
    // Of what is more talkative each line names a reader's address.
    LOG_LEVEL: "error",
    LOG_FORMAT: "json",
    // It would look for a collector of its makers'.
    OTEL_SDK_DISABLED: "true",
  };
}
