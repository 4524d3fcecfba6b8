import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { say } from "../terminal/progress";
import type { BackupJob } from "./create";
import { keyFile, makeKey, readKey, type BackupKey } from "./format/key";
import { platformOf } from "./open";
import { placeOf } from "./store/place";

/** What every command on the backups of a stack is told. */
export interface SettingOptions {
  stack: string;
  directory?: string;
  target?: string;
  key?: string;
  context?: string;
}

/** Where the key is. */
export function keyPath({ key, stack }: SettingOptions): string {
  return path.resolve(key ?? keyFile(stack));
}

/** The key; undefined where none is named and there is none. */
export async function keyIfThere(options: SettingOptions): Promise<BackupKey | undefined> {
  return options.key === undefined && !fs.existsSync(keyPath(options)) ? undefined : readKey(keyPath(options));
}

/** All of a job but where its backups are, which is open under a lock alone. */
export type Setting = Omit<BackupJob, "store">;

/**
 * @param making whether the key is made where there is none
 * @throws UserError for a key that is not there, or lies with the backups
 */
export async function settingOf(options: SettingOptions, making: boolean): Promise<Setting> {
  const { stack } = options;
  const platform = platformOf(stack, options.context);
  const place = placeOf(stack, options);
  const file = keyPath(options);
  if ("directory" in place && !path.relative(place.directory, file).startsWith("..")) {
    throw new UserError(
      `The key ${file} lies in the folder of the backups: whoever takes the one has the other. Name another place with --key`,
    );
  }
  if (making && (await makeKey(file))) {
    tellMade(file);
  }
  return { stack, platform, key: await readKey(file) };
}

/** Tells of a key that was made. */
export function tellMade(file: string): void {
  say(
    `Made the key that opens and proves the backups: ${file}`,
    "Copy it to a place of its own, where neither this machine nor the backups are: without it no backup can be read.",
  );
}
