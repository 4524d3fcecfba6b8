import type { ImageName } from "../config/images";
import type { StackConfig } from "../config/schema";

/** The numbers of a version as a tag names them, for example `[6, 70, 0]`. */
export type Version = readonly number[];

/** What the images of an app are upgraded by, by image. One that no app names here is changed by hand. */
export type Upgrades = Partial<Record<ImageName, ImageUpgrade>>;

/** What a newer version of an image does with what is kept, and which it may follow. */
export interface ImageUpgrade {
  /**
   * What it makes of the data: nothing that its predecessor could not read; or a schema of its databases that the predecessor refuses, so that the
   * way back is one with their data.
   */
  data: "stays-readable" | "is-migrated";
  /** Why it cannot follow another one. Default: any newer one of the same major version follows. */
  judge?: (from: Version, to: Version) => Judgement;
  /** The sites that run it and their databases, for what migrates them. */
  sites?: (config: StackConfig) => UpgradedSite[];
}

/** Whether a version follows another. Both absent: it does. */
export interface Judgement {
  /** Why it does not, and what to do instead, in sentences. */
  refusal?: string;
  /** What nobody here can know, and who does, in sentences. */
  unknown?: string;
}

/** A site with a database of its own, which it brings to its own schema. */
export interface UpgradedSite {
  /** Among `sites`. */
  site: string;
  /** Name of the schema. */
  database: string;
  /**
   * A program that asks, in the site's own container, for what readers and staff need, and prints a line for each: what it is, a tab, and what the answer
   * was. What answered before an upgrade has to answer the same afterwards.
   */
  asks: readonly [name: string, ...args: string[]];
}

/** A judgement for images whose later major versions nobody here knows. */
export function sameMajor(name: string): (from: Version, to: Version) => Judgement {
  return ([from = 0], [to = 0]) =>
    from === to
      ? {}
      : {
          unknown: `${name} ${to} is another major version than ${from}. What it asks of what it follows, its release notes say`,
        };
}
