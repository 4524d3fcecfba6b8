import { UserError } from "../../errors";
import type { StackConfig } from "../schema";

/** Host and port of a stack's database server that is somebody else's. */
export function foreignServer({ mysql }: Pick<StackConfig, "mysql">): string | undefined {
  return mysql.external && `${mysql.external.host}:${mysql.external.port}`;
}

/**
 * Refuses what works on the files of a stack's own database server.
 *
 * @param what is wanted, as sentences begin: `A backup`
 * @throws UserError for a stack on a server of somebody else's
 */
export function mustHaveOwnDatabases(stack: string, config: Pick<StackConfig, "mysql">, what: string): void {
  const server = foreignServer(config);
  if (server !== undefined) {
    throw new UserError(
      `${what} does not go with mysql.external: the databases of stack ${stack} are at ${server}, and nothing of that server's is this stack's. What there is instead: docs/external-database.md. Nothing was changed`,
    );
  }
}
