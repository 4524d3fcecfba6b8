import type { ImageUpgrade, Version } from "../upgrade";

/** The line of a MySQL, such as `8.4` of `[8, 4, 11]`: servers of one line read each other's data (scripts/data-version.sh). */
export function mysqlLine(version: Version): string {
  return version.slice(0, 2).join(".");
}

/** A newer MySQL of the same line, such as 8.4.11 after 8.4.10. */
export const mysqlUpgrade: ImageUpgrade = {
  data: "stays-readable",
  judge(from, to) {
    const line = mysqlLine(to);
    return line === mysqlLine(from)
      ? {}
      : {
          refusal: `MySQL ${line} takes over the data of ${mysqlLine(from)} for good, and from there only a backup leads back. It is done by hand: npm run backup -- create, then images.mysql and mysql.acceptUpgrade: "${line}" in the stack file, then npm start`,
        };
  },
};
