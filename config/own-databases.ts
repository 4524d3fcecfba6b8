import { UserError } from "../errors";
import type { StackConfig } from "./schema";

/**
 * Refuses what works on the files of a stack's own database server.
 *
 * @param what is wanted, as sentences begin: `A backup`
 * @throws UserError for a stack on a server of somebody else's
 */
export function mustHaveOwnDatabases(stack: string, { mysql }: Pick<StackConfig, "mysql">, what: string): void {
  const { external } = mysql;
  if (external !== undefined) {
    throw new UserError(
      `${what} does not go with mysql.external: the databases of stack ${stack} are at ${external.host}:${external.port}, and nothing of that server's is this stack's. Whoever runs it saves them, or mysqldump does (docs/external-database.md). Nothing was changed`,
    );
  }
}
