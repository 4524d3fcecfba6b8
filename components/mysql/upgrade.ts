import type { ImageUpgrade } from "../upgrade";

/** A newer MySQL of the same line, such as 9.7.5 after 9.7.4: the two read each other's data (scripts/data-version.sh). */
export const mysqlUpgrade: ImageUpgrade = {
  data: "stays-readable",
  judge(from, to) {
    const line = (version: readonly number[]) => version.slice(0, 2).join(".");
    return line(from) === line(to)
      ? {}
      : {
          refusal: `MySQL ${line(to)} takes over the data of ${line(from)} for good, and from there only a backup leads back. It is done by hand: npm run backup -- create, then images.mysql and mysql.acceptUpgrade: "${line(to)}" in the stack file, then npm start`,
        };
  },
};
