import { imageNames } from "../../../sandbox/images";
import type { Engine } from "./swarm-place";
import { until } from "./until";
import type { WriterPlace } from "./writer";

/**
 * A writer as a service on the backend network of a stack.
 *
 * @param stack the stack's name in the swarm
 * @param host where it writes
 * @param secret name, up to its version, of the secret with the password of the database's user
 */
export function serviceWriter(engine: Engine, stack: string, secret: string, host = "mysql-source"): WriterPlace {
  const name = `${stack}_writer`;
  return {
    host,
    run: async (program, environment) => {
      const [password] = await engine.lines("secret", "ls", "--filter", `name=${secret}-`, "--format", "{{.Name}}");
      const variables = Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
      await engine.docker(
        ...["service", "create", "--quiet", "--detach", "--name", name, "--network", `${stack}_backend`],
        ...["--secret", `source=${password ?? ""},target=/secret/password,mode=0444`, "--user", "999:999"],
        ...["--endpoint-mode", "dnsrr", "--restart-condition", "none", "--stop-grace-period", "5s", ...variables],
        // Where its log is read.
        ...["--constraint", "node.role==manager"],
        ...["--no-resolve-image", "--entrypoint", "bash", imageNames.mysql, "-c", program],
      );
    },
    log: async () => engine.docker("logs", (await engine.current(name)).id),
    remove: async () => {
      if ((await engine.lines("service", "ls", "--quiet", "--filter", `name=${name}`)).length > 0) {
        await engine.docker("service", "rm", name);
      }
      await until("the writer to go", 120, async () => !(await engine.task(name)));
    },
  };
}
