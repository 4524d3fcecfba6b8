import { lastLine, runScript, type OnLine } from "./script";

/**
 * Builds what tests of backups into remote storage need, where the cache lacks it: rclone, and versitygw, which is an S3 server on a folder.
 *
 * @returns the folder of the programs
 * @throws UserError that says what is missing, or which registry does not answer
 */
export async function buildStores(onLine?: OnLine): Promise<string> {
  return lastLine(await runScript("stores/build.sh", [], onLine));
}
