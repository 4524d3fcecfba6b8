import { UserError } from "../../errors";

/** A place in remote storage: a remote of rclone's configuration, and a path in it. */
export interface Target {
  remote: string;
  /** Without a slash at its end; empty for the root. */
  path: string;
}

/** What a target looks like, for messages and for the schema. */
export const targetForm = "must be a remote of rclone.conf and a path in it, for example offsite:backups/ghost";

/** No `,` and no `:` before the colon: behind them rclone takes settings, and credentials would stand among the arguments of a process. */
const form = /^([A-Za-z0-9_][A-Za-z0-9_.-]*):([^\p{C}\\:]*)$/u;

/** Whether a text is a target. A path has no `..` and no empty part. */
export function isTarget(text: string): boolean {
  const [, , path] = form.exec(text) ?? [];
  return (
    path !== undefined &&
    (path === "" ||
      path
        .replace(/^\/|\/$/g, "")
        .split("/")
        .every((name) => !["", ".", ".."].includes(name)))
  );
}

/** @throws UserError for what is none, with what to write instead */
export function parseTarget(text: string): Target {
  if (text.startsWith(":") || /^[^:/]*,/.test(text)) {
    throw new UserError(
      "A target with settings in it would show the credentials to everybody who may list this machine's processes. Write a remote into rclone.conf (mode 0600; `rclone config` does), and name it: --target NAME:path",
    );
  }
  if (!text.includes(":")) {
    throw new UserError(`--target ${text}: ${targetForm}. A folder of this machine is named with --directory`);
  }
  const [, remote = "", path = ""] = form.exec(text) ?? [];
  if (!isTarget(text)) {
    throw new UserError(`--target ${text}: ${targetForm}, without \`..\`, \`\\\` or another colon`);
  }
  return { remote, path: path.replace(/\/$/, "") };
}

/** As rclone takes it, with names of plain form below it. */
export function addressOf({ path, remote }: Target, ...below: readonly string[]): string {
  return `${remote}:${[...(path === "" ? [] : [path]), ...below].join("/")}`;
}
