import * as path from "node:path";
import { z } from "zod";
import { isSystemFolder } from "../../config/swarm/node-directory";

/*
 * What a manifest may say, though its key has signed it: the second wall behind the signature. Names are plain names, and a path is no place of
 * the system's.
 */

/** A name that is a file name, a volume's name and an argument, and nothing else. */
export const plainName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a plain name: letters, digits, `.`, `_`, `-`");

/** Text that a terminal shows as it stands. */
export const plainText = z
  .string()
  .max(4096)
  .regex(/^\P{C}*$/u, "must be one line without control characters");

const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?`;
const component = String.raw`[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*`;
const reference = new RegExp(
  `^(?:${host}/)?${component}(?:/${component})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);

/** An image, by tag or digest. */
export const imageReference = z.string().max(512).regex(reference, "must be the reference of an image");

/** The driver of a volume: `local`, or a plugin by its image's name. */
export const volumeDriver = z.string().max(255).regex(reference, "must be the name of a driver");

/** Places of a container at which a volume would hide its programs, or the kernel's own. */
const hidesPrograms =
  /^(?:\/|\/(?:bin|boot|etc|lib(?:32|64|x32)?|root|run|sbin|usr|var|usr\/(?:bin|lib|lib64|local|local\/bin|local\/lib|sbin|share))|\/(?:dev|proc|sys)(?:\/.*)?)$/;

/** Where a container mounts a volume. */
export const mountPoint = z
  .string()
  .max(1024)
  .regex(/^(?:\/[A-Za-z0-9_.@+-]+)+$/, "must be an absolute path of plain names")
  .refine((place) => isNormal(place) && !hidesPrograms.test(place), "is no place for data");

/** Options of a volume's driver. What it binds is no folder of the system's. */
export const volumeOptions = z.record(plainName, plainText).refine(({ device = "", o = "", type = "none" }) => {
  const isBind = device !== "" && (type === "none" || type === "bind" || /(?:^|,)r?bind(?:,|$)/.test(o));
  return !isBind || (path.posix.isAbsolute(device) && isNormal(device) && !isSystemFolder(device));
}, "binds a folder of the system's, or no absolute path");

/** Whether a path has no `..`, no `.`, no empty part, and no slash at its end. */
function isNormal(place: string): boolean {
  return path.posix.normalize(place) === place && (place === "/" || !place.endsWith("/"));
}

/** SHA-256 in hexadecimal. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
