import * as fs from "node:fs";
import * as path from "node:path";
import { attempted } from "../files/files";
import { adapterMistakes, type Found } from "./source";

/** Variables of its `.env` that are spoken of by themselves, or that this program has its own of. */
const ownVariables =
  /^(DOMAIN|ADMIN_DOMAIN|DATABASE_.*|UPLOAD_LOCATION|MYSQL_DATA_LOCATION|COMPOSE_.*|GHOST_.*|mail__.*|.*storage__.*|url|NODE_ENV)$/;

/** A folder of ghost-docker, the compose file of Ghost's own; undefined where it is none. */
export function ghostDockerSource(folder: string, dump: string | undefined): Found | undefined {
  const file = path.join(folder, ".env");
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const variables = variablesIn(attempted("read", file, () => fs.readFileSync(file, "utf8")));
  const domain = variables["DOMAIN"];
  if (domain === undefined && !Object.keys(variables).some((name) => name.startsWith("DATABASE_"))) {
    return undefined;
  }
  const content = path.resolve(folder, variables["UPLOAD_LOCATION"] ?? "data/ghost");
  const others = Object.keys(variables).filter((name) => !ownVariables.test(name));
  const admin = variables["ADMIN_DOMAIN"];
  const server = variables["mail__options__host"] ?? variables["mail__options__service"];
  return {
    source: {
      what: `ghost-docker folder ${folder}`,
      content,
      database: { dump: dump ?? "" },
      url: variables["url"] ?? (domain === undefined ? undefined : `https://${domain}`),
      notes: [
        ...(server === undefined && variables["mail__transport"] === undefined
          ? []
          : [
              `its mail${server === undefined ? "" : ` by ${server}`}${variables["mail__options__auth__pass"] === undefined ? "" : ", whose password is not copied"}: say it in the stack file (mailRelay, mailFrom)`,
            ]),
        ...(admin === undefined ? [] : [`the admin at https://${admin}: say it in the stack file (adminUrl)`]),
        ...(others.length > 0
          ? [`${others.join(", ")} of .env: say what you need of it in the stack file (settings of the site)`]
          : []),
      ],
    },
    mistakes: [
      ...adapterMistakes(variables["adapters__storage__active"] ?? variables["storage__active"]),
      ...(fs.existsSync(content) ? [] : [`its content folder ${content} is not here. Copy it here, too`]),
      ...(dump === undefined
        ? [
            `there is no dump of its database, whose files are not taken. Make one where it runs, and name it (--dump ghost.sql): docker compose exec -T db sh -c 'exec mysqldump --single-transaction --no-tablespaces --hex-blob -uroot -p"$MYSQL_ROOT_PASSWORD" ghost' > ghost.sql`,
          ]
        : []),
    ],
  };
}

/** What a file for compose says: names with values, without the quotes around them. Empty ones are left out. */
function variablesIn(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      const [, , quoted] = /^(["'])(.*)\1$/.exec(value) ?? [];
      const plain = quoted ?? value.replace(/\s+#.*$/, "");
      return name === undefined || plain === "" ? [] : [[name, plain]];
    }),
  );
}
