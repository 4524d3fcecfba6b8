import { spawnSync } from "node:child_process";
import * as path from "node:path";

/** Unit tests of a service of the example shop, in its own language. */
export interface ServiceTests {
  name: string;
  /** Folder they run in. */
  folder: string;
  command: string;
  arguments: readonly string[];
}

const shop = path.join(__dirname, "..", "..", "examples", "shop");
const services: readonly (ServiceTests & { language: string; version: readonly string[] })[] = [
  service("products", "Node", "node", ["--test"], ["--version"]),
  service("orders", "Python", "python3", ["-B", "-m", "unittest", "--quiet"], ["--version"]),
  service("users", "Go", "go", ["test", "./..."], ["version"]),
];

function service(
  name: string,
  language: string,
  command: string,
  args: readonly string[],
  version: readonly string[],
): (typeof services)[number] {
  return { name: `shop/${name}`, folder: path.join(shop, name), command, arguments: args, language, version };
}

/**
 * Those whose language this machine has; says of the others that they are not run. Those in Go are run with `--long` alone: on a new machine half of what
 * `npm test` computes would be Go's own libraries.
 */
export function shopServiceTests(long: boolean): ServiceTests[] {
  return services.filter(({ command, language, name, version }) => {
    if (language === "Go" && !long) {
      return false;
    }
    const present = spawnSync(command, version, { stdio: "ignore", timeout: 20_000 }).status === 0;
    if (!present) {
      console.log(
        `${language} is not installed, so the tests of ${name} are NOT run. They need \`${command}\` on PATH`,
      );
    }
    return present;
  });
}
