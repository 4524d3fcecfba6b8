import { makeBackup } from "./make";
import { jobFiles } from "./plan";

/*
 * The program that a cluster runs to make a backup by itself, in a pod: of a dump and of mounted volumes it makes sealed parts and a signed manifest.
 * It has whom to seal for and what to sign with, and can read nothing of what was made before. What brings the files here, and what takes them to
 * the store, are other containers of the pod.
 */
makeBackup(jobFiles, process.env["NODE_NAME"] ?? "").then(
  (id) => console.log(`Backup ${id} is made, and on its way.`),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
