import { createHash } from "node:crypto";
import { UserError } from "../../errors";
import type { ImageReference } from "./reference";

/** A registry that has not answered by then is not there; answers came within 1 s. */
const answerLimitMilliseconds = 20_000;
/** A list of an image's platforms has some 10 kB. */
const longestManifest = 4 * 1024 * 1024;

/** An image for several platforms first: its digest is the same wherever the image runs. */
const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** The registry could not be asked. */
export class RegistrySilent extends Error {
  override readonly name = "RegistrySilent";

  constructor(
    readonly registry: string,
    reason: string,
  ) {
    super(`${registry} does not answer (${reason})`);
  }
}

/**
 * Asks a registry which digest a tag has now (Registry HTTP API v2, anonymously).
 *
 * @returns `sha256:…` as the registry gives it, compared with the manifest itself
 * @throws RegistrySilent where nobody answers; UserError where the registry answers that it has no such image, or not for everybody
 */
export async function currentDigest(reference: ImageReference): Promise<string> {
  const { registry, repository, tag } = reference;
  const image = `${registry}/${repository}:${tag ?? "latest"}`;
  const url = `${baseUrl(registry)}/v2/${repository}/manifests/${tag ?? "latest"}`;
  return verifiedDigest(registry, image, await answerAbout(image, reference, url));
}

/** A registry gives its tags in pages; an image of many years has some thousand tags. */
const mostPages = 200;

/**
 * Asks a registry which tags a repository has (Registry HTTP API v2, anonymously), page after page.
 *
 * @throws RegistrySilent where nobody answers; UserError where the registry does not tell
 */
export async function tagsOf(reference: ImageReference): Promise<string[]> {
  const { registry, repository } = reference;
  const name = `${registry}/${repository}`;
  const tags: string[] = [];
  let url: string | undefined = `${baseUrl(registry)}/v2/${repository}/tags/list?n=1000`;
  for (let page = 0; url !== undefined; page += 1) {
    if (page === mostPages) {
      throw new UserError(`${registry} does not come to an end with the tags of ${name}`);
    }
    const response: Response = await answerAbout(name, reference, url);
    const answer = (await response.json().catch(() => undefined)) as { tags?: unknown } | undefined;
    if (!Array.isArray(answer?.tags) || !answer.tags.every((tag) => typeof tag === "string")) {
      throw new UserError(`What came for the tags of ${name} is no list of tags`);
    }
    tags.push(...answer.tags);
    url = nextPage(registry, url, response.headers.get("link"));
  }
  return tags;
}

/** The address of the next page; only one at the same registry is followed. */
function nextPage(registry: string, url: string, link: string | null): string | undefined {
  const [, next] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "") ?? [];
  if (next === undefined) {
    return undefined;
  }
  const address = new URL(next, url);
  if (address.origin !== new URL(url).origin) {
    throw new UserError(`${registry} sends us to ${address.origin} for more tags, which is another server`);
  }
  return address.href;
}

/** The answer to a question about an image, asked as anybody may ask it. */
async function answerAbout(image: string, { registry, repository }: ImageReference, url: string): Promise<Response> {
  const first = await ask(registry, url);
  const response =
    first.status === 401 ? await ask(registry, url, await anonymousToken(registry, repository, first)) : first;
  if (response.status === 404) {
    throw new UserError(`${registry} has no image ${image}`);
  }
  if (response.status === 401 || response.status === 403) {
    throw new UserError(`${registry} gives ${image} to nobody without an account: name its digest yourself`);
  }
  if (response.status === 429) {
    throw new UserError(`${registry} has had too many questions from here. Ask again later`);
  }
  if (!response.ok) {
    throw new UserError(`${registry} answers ${response.status} when asked for ${image}`);
  }
  return response;
}

/** Docker Hub is called by another name than it answers to; plain http only on this machine. */
function baseUrl(registry: string): string {
  if (registry === "docker.io") {
    return "https://registry-1.docker.io";
  }
  return `${/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(registry) ? "http" : "https"}://${registry}`;
}

async function ask(registry: string, url: string, token?: string): Promise<Response> {
  try {
    return await fetch(url, {
      headers: {
        Accept: manifestTypes.join(", "),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(answerLimitMilliseconds),
    });
  } catch (error) {
    throw new RegistrySilent(registry, reasonOf(error));
  }
}

/** What fetch says of a failure stands in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}

/** A token for reading a public repository, from the address that the registry names. */
async function anonymousToken(registry: string, repository: string, refusal: Response): Promise<string> {
  const challenge = refusal.headers.get("www-authenticate") ?? "";
  const parameters = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
  const realm = parameters["realm"];
  if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) {
    throw new UserError(
      `${registry} wants an account (${challenge || "it does not say which"}): name the digests yourself`,
    );
  }
  const url = new URL(realm);
  if (url.protocol !== "https:" && !baseUrl(url.host).startsWith("http:")) {
    throw new UserError(`${registry} sends us to ${realm} for a token, which is not https`);
  }
  url.searchParams.set("scope", parameters["scope"] ?? `repository:${repository}:pull`);
  if (parameters["service"] !== undefined) {
    url.searchParams.set("service", parameters["service"]);
  }
  const response = await ask(url.host, url.href);
  const answer = (await response.json().catch(() => ({}))) as { token?: string; access_token?: string };
  const token = answer.token ?? answer.access_token;
  if (!response.ok || token === undefined) {
    throw new UserError(`${registry} gives nobody without an account a token (${url.host} answers ${response.status})`);
  }
  return token;
}

/** The digest of the manifest that came; the registry's word for it must be the same. */
async function verifiedDigest(registry: string, image: string, response: Response): Promise<string> {
  const manifest = Buffer.from(
    await response.arrayBuffer().catch((error: unknown) => {
      throw new RegistrySilent(registry, reasonOf(error));
    }),
  );
  const type = response.headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  if (manifest.length > longestManifest || !manifestTypes.includes(type)) {
    throw new UserError(`What came for ${image} is no manifest of an image (${type || "no type"})`);
  }
  const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
  const given = response.headers.get("docker-content-digest");
  if (given !== null && given !== digest) {
    throw new UserError(
      `The manifest of ${image} is not the one its digest names (${given}): it was changed on the way`,
    );
  }
  return digest;
}
