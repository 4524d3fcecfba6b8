import { quantityToBytes } from "../../config/values/quantity";
import { scriptDirectory } from "../../platforms/scripts";
import { idleSeconds, type RequestBodies } from "../nginx/settings";
import { contentPath, webRoot } from "./settings";

/** Where the container finds `apacheConfig`. */
export const apacheFile = `${scriptDirectory}/apache.conf`;
/** Uploads under way: where they stay in the end, so that the last step is a new name and not a copy, and a large one needs no memory. */
export const incomingPath = `${contentPath}/.incoming`;

/** What a form takes beside the file that it uploads. */
const formBytes = 2 ** 20;

/**
 * What a site's proxy and its Apache take in a request.
 *
 * @param maxUpload the greatest file, as a quantity
 */
export function requestBodies(maxUpload: string): RequestBodies {
  const text = `The upload is larger than the ${maxUpload} that this site takes. Whoever runs it can allow more, with maxUpload.`;
  return { largest: quantityToBytes(maxUpload) + formBytes, refusal: { type: "text/plain", text } };
}

/**
 * What a site adds to the Apache of the image: how much a request may bring, to PHP too, and the path of its address.
 *
 * @param url address readers use
 * @param maxUpload the greatest file, as a quantity
 */
export function apacheConfig(url: string, maxUpload: string): string {
  const { largest, refusal } = requestBodies(maxUpload);
  return [
    `Timeout ${idleSeconds}`,
    `LimitRequestBody ${largest}`,
    `ErrorDocument 413 "${refusal.text}"`,
    `php_admin_value upload_max_filesize ${quantityToBytes(maxUpload)}`,
    `php_admin_value post_max_size ${largest}`,
    `php_admin_value upload_tmp_dir ${incomingPath}`,
    `<Directory ${incomingPath}>`,
    "  Require all denied",
    "</Directory>",
    ...pathOf(url),
    "",
  ].join("\n");
}

/** The program stays where it is, and answers below the path: WordPress makes its links and reads its requests with it. */
function pathOf(url: string): string[] {
  const path = new URL(url).pathname.replace(/\/+$/, "");
  if (path === "") {
    return [];
  }
  const pattern = path.replace(/\./g, "\\.");
  return [`RedirectMatch permanent ^${pattern}$ ${url.replace(/\/+$/, "")}/`, `Alias ${path} ${webRoot}`];
}
