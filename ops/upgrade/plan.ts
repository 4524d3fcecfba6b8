import { isImageReference } from "../../config/values/image-reference";
import { mergeConfig, type RawConfig } from "../../config/files/machine";
import type { ImageName } from "../../config/images";
import type { StackConfig } from "../../config/schema";
import type { ImageUpgrade, UpgradedSite } from "../../components/upgrade";
import { UserError } from "../../errors";
import { checkedConfiguration } from "../../home/stack-configuration";
import { appsOf } from "../../stacks/apps";
import { imageKey, neededImages, repositoryOf, type NeededImage } from "../../stacks/images";
import type { NewerImage } from "../images/newer";
import { RegistrySilent } from "../images/registry";
import { compared, versionOf } from "../images/tags";
import type { ChangedImage } from "../../home/upgrade-journal";

/** What is known of a stack before its upgrade is planned. */
export interface Known {
  stack: string;
  /** What the stack file says. */
  file: RawConfig;
  /** What this machine's settings put over it. */
  machine: RawConfig;
  /** References of the images that its containers run. */
  running: readonly string[];
  /** What the person asks for, such as `ghost=6.70.0`. Empty: what the file says, or else the newest of each. */
  to: readonly string[];
  /** Asks the registries, for a person who names nothing. */
  newer: () => Promise<NewerImage[]>;
  /** The digest that a reference with a tag has now. @throws RegistrySilent or UserError where its registry does not tell */
  digest: (reference: string) => Promise<string>;
  /** Go on though something cannot be known here. */
  acceptUnknown: boolean;
}

/** An upgrade that can be tried. */
export interface UpgradePlan {
  images: ChangedImage[];
  /** The sites that migrate their databases. */
  sites: UpgradedSite[];
  /** Whether any migrates. */
  migrates: boolean;
  /** The configuration that it leads to. */
  config: StackConfig;
  /** What a person has to know, in lines. */
  remarks: string[];
}

/**
 * Says what an upgrade will change, by what the person asks for, the stack file and what runs.
 *
 * @returns undefined where nothing is to be changed
 * @throws UserError with all that forbids it
 */
export async function planned(known: Known): Promise<UpgradePlan | { nothing: string[] }> {
  const { file, machine, stack, to } = known;
  const config = checkedConfiguration(stack, mergeConfig(file, machine));
  const images = neededImages(config);
  const upgrades = upgradesOf(config);
  const wished = to.map((text) => asked(text, images));
  const changes = images.flatMap((image): ChangedImage[] => {
    const before = runningReference(image.reference, known.running);
    const after = wished.find(({ name }) => name === image.name)?.reference ?? image.reference;
    return before === undefined || after === before ? [] : [changeOf(image, before, after, file)];
  });
  const unknown = images.filter(
    ({ name, reference }) =>
      (name in upgrades || wished.some((wish) => wish.name === name)) &&
      runningReference(reference, known.running) === undefined,
  );
  if (unknown.length > 0) {
    throw UserError.fromMistakes(
      "Which image runs now is not known, and so not what an upgrade would change. Have the stack file name what runs, and the new one with --to:",
      unknown.map(({ name, reference }) => `${name}: the stack file names ${reference}, which no container runs`),
    );
  }
  if (changes.length > 0) {
    return judged(known, await pinnedAsBefore(known, changes, images));
  }
  return to.length > 0
    ? { nothing: ["The stack runs that already."] }
    : newest(known, images, upgrades, await known.newer());
}

/** The plan with the newest of each image, of the same major version. */
async function newest(
  known: Known,
  images: readonly NeededImage[],
  upgrades: Partial<Record<string, ImageUpgrade>>,
  answers: readonly NewerImage[],
): Promise<UpgradePlan | { nothing: string[] }> {
  const notKnown = answers.flatMap(({ name, unknown }) => (unknown === undefined ? [] : [`${name}: ${unknown}`]));
  const later = answers.flatMap(({ laterMajor, name }) =>
    laterMajor === undefined
      ? []
      : [`${name}: there is ${laterMajor}, a later major version. Read its release notes, then name it with --to`],
  );
  const byHand = answers.flatMap(({ name, sameMajor }) =>
    sameMajor === undefined || name in upgrades ? [] : [`${name}: there is ${sameMajor}. ${handWay}`],
  );
  const changes = images.flatMap((image): ChangedImage[] => {
    const tag = answers.find(({ name }) => name === image.name)?.sameMajor;
    const upgrade = upgrades[image.name];
    const from = versionIn(image.reference);
    const after = tag === undefined ? undefined : withTag(image.reference, tag);
    const into = after === undefined ? undefined : versionIn(after);
    return after === undefined ||
      has(known.machine, imageKey(image)) ||
      !upgrade ||
      !from ||
      !into ||
      upgrade.judge?.(from, into).refusal !== undefined
      ? []
      : [changeOf(image, image.reference, after, known.file)];
  });
  const migrating = changes.filter(({ name }) => upgrades[name]?.data === "is-migrated");
  const taken = migrating.length > 0 && migrating.length < changes.length ? migrating : changes;
  const remarks = [
    ...later,
    ...byHand,
    ...notKnown,
    ...changes.filter((change) => !taken.includes(change)).map(({ name }) => `${name}: upgraded by the next upgrade`),
  ];
  if (taken.length === 0) {
    return { nothing: [notKnown.length > 0 ? "Nothing newer is known." : "Nothing is newer.", ...remarks] };
  }
  const plan = judged(known, await pinnedAsBefore(known, taken, images));
  return { ...plan, remarks: [...plan.remarks, ...remarks] };
}

/**
 * The changes, with the digest of the new image where the old one was pinned to its own. What the person has written into the file stays as it is.
 *
 * @throws UserError where a digest cannot be had
 */
async function pinnedAsBefore(
  { digest }: Known,
  changes: readonly ChangedImage[],
  images: readonly NeededImage[],
): Promise<ChangedImage[]> {
  const mistakes: string[] = [];
  const pinned: ChangedImage[] = [];
  for (const change of changes) {
    const { after, before, key, name } = change;
    const isWritten = images.some((image) => image.name === name && image.reference === after);
    if (!before.includes("@") || after.includes("@") || isWritten) {
      pinned.push(change);
      continue;
    }
    try {
      pinned.push({ ...change, after: `${after}@${await digest(after)}` });
    } catch (error) {
      if (!(error instanceof RegistrySilent || error instanceof UserError)) {
        throw error;
      }
      mistakes.push(
        `${key.join(".")} is pinned to a digest, and that of ${after} is not known: ${error.message}. Name it: --to ${name}=${after.replace(/^.*:/, "")}@sha256:…`,
      );
    }
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("This upgrade is not begun:", mistakes);
  }
  return pinned;
}

/** @throws UserError with all that forbids these changes */
function judged({ acceptUnknown, file, machine, stack }: Known, images: ChangedImage[]): UpgradePlan {
  const config = checkedConfiguration(stack, withImages(mergeConfig(file, machine), images));
  const upgrades = upgradesOf(config);
  const refusals: string[] = [];
  const unknown: string[] = [];
  for (const { after, before, key, name } of images) {
    const add = (list: string[], text: string) => list.push(`${key.join(".")}: ${text}`);
    const upgrade = upgrades[name];
    if (has(machine, key)) {
      add(
        refusals,
        "this machine's settings name another image, which goes over the stack file (.ghost-platform/machine.yaml). Take it out there first",
      );
    }
    if (!upgrade) {
      add(refusals, `what a newer ${name} makes of its data nobody has said. ${handWay}`);
      continue;
    }
    const [from, into] = [before, after].map(versionIn);
    if (!from || !into) {
      add(unknown, `which version is ${from ? after : before}, its tag does not say`);
      continue;
    }
    if (compared({ numbers: into }, { numbers: from }) < 0) {
      add(
        refusals,
        `${after} is older than ${before}, which runs. What undoes the last upgrade: npm run ops -- rollback --stack ${stack}`,
      );
      continue;
    }
    const judgement = upgrade.judge?.(from, into) ?? {};
    if (judgement.refusal !== undefined) {
      add(refusals, judgement.refusal);
    }
    if (judgement.unknown !== undefined) {
      add(unknown, judgement.unknown);
    }
  }
  const migrating = images.filter(({ name }) => upgrades[name]?.data === "is-migrated");
  if (migrating.length > 0 && migrating.length < images.length) {
    const others = images.filter((image) => !migrating.includes(image)).map(({ name }) => name);
    refusals.push(
      `${[...migrating.map(({ name }) => name), ...others].join(", ")}: one after the other, so that one can go back without the other. First ${others.join(", ")}`,
    );
  }
  if (refusals.length > 0 || (unknown.length > 0 && !acceptUnknown)) {
    throw UserError.fromMistakes("This upgrade is not begun:", [
      ...refusals,
      ...(acceptUnknown ? [] : unknown.map((text) => `${text}. To go on with that: --accept-unknown`)),
    ]);
  }
  const sites = migrating.flatMap(({ name }) => upgrades[name]?.sites?.(config) ?? []);
  return { images, sites, migrates: migrating.length > 0, config, remarks: unknown };
}

const handWay =
  "It is changed by hand: npm run backup -- create, then the tag under images in the stack file, then npm start";

/** What each image that a stack runs is upgraded by. */
export function upgradesOf(config: StackConfig): Partial<Record<string, ImageUpgrade>> {
  return Object.assign({}, ...appsOf(config).map(({ upgrades }) => upgrades ?? {})) as Partial<
    Record<ImageName, ImageUpgrade>
  >;
}

/** @throws UserError for what is no `name=version` of an image that the stack runs */
function asked(text: string, images: readonly NeededImage[]): { name: string; reference: string } {
  const [, name, version = ""] = /^([A-Za-z]+)=(\S+)$/.exec(text) ?? [];
  const image = images.find((one) => one.name === name);
  if (!image) {
    throw new UserError(
      `--to ${text}: name an image that the stack runs and its new version, such as ghost=6.70.0. Its images: ${images.map((one) => one.name).join(", ")}`,
    );
  }
  const reference = /[/]|:(?!sha256:)/.test(version.replace(/@.*$/, "")) ? version : withTag(image.reference, version);
  if (!isImageReference(reference)) {
    throw new UserError(`--to ${text}: ${reference} is no reference of an image with a tag`);
  }
  return { name: image.name, reference };
}

/** A reference with another tag; a digest of the former one goes. */
export function withTag(reference: string, tag: string): string {
  return `${repositoryOf(reference)}:${tag}`;
}

/**
 * Which image runs where the stack file names one: that itself, or the only one of the same repository.
 *
 * @returns undefined where that is not known
 */
export function runningReference(reference: string, running: readonly string[]): string | undefined {
  const bare = (text: string) => text.replace(/^docker\.io\/(library\/)?/, "");
  const isSame = (one: string, other: string) => bare(one) === bare(other) || bare(one) === bare(withoutDigest(other));
  if (running.some((one) => isSame(reference, one))) {
    return reference;
  }
  const alike = [...new Set(running.filter((one) => bare(repositoryOf(one)) === bare(repositoryOf(reference))))];
  const [only] = alike;
  // An engine that resolved a tag has put its digest behind it, which the file never had.
  return alike.length === 1 && only !== undefined ? (reference.includes("@") ? only : withoutDigest(only)) : undefined;
}

function withoutDigest(reference: string): string {
  return reference.replace(/(:[^@:/]+)@.*$/, "$1");
}

function versionIn(reference: string): number[] | undefined {
  const [, tag] = /:([\w][\w.-]*)(?:@.*)?$/.exec(reference.replace(/^.*\//, "")) ?? [];
  return tag === undefined ? undefined : versionOf(tag)?.numbers;
}

function changeOf(image: NeededImage, before: string, after: string, file: RawConfig): ChangedImage {
  const [first, ...rest] = imageKey(image);
  const written = valueAt(file, [first, ...rest]);
  return {
    name: image.name,
    key: [first, ...rest],
    before,
    after,
    // A file that is ahead of what runs leads nowhere back.
    written: image.reference !== before ? before : typeof written === "string" ? written : null,
  };
}

function has(settings: RawConfig, key: readonly string[]): boolean {
  return valueAt(settings, key) !== undefined;
}

function valueAt(settings: RawConfig, key: readonly string[]): unknown {
  return key.reduce<unknown>((value, one) => (value as RawConfig | null | undefined)?.[one], settings);
}

/** The settings with the new images in place of what they say. */
function withImages(settings: RawConfig, images: readonly ChangedImage[]): RawConfig {
  return images.reduce(
    (merged, { after, key }) =>
      mergeConfig(merged, key.reduceRight<unknown>((value, one) => ({ [one]: value }), after) as RawConfig),
    settings,
  );
}
