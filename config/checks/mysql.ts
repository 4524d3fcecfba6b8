import { quantityToBytes } from "../quantity";
import type { ParsedStack } from "../schema";

/** What cannot be with the database server. */
export function mysqlMistakes(config: ParsedStack): string[] {
  return [...memoryMistakes(config), ...topologyMistakes(config)];
}

function topologyMistakes({ mysql, platform }: ParsedStack): string[] {
  const mistakes: string[] = [];
  if (mysql.startOrder === "ordered" && platform === "swarm") {
    mistakes.push("mysql.startOrder: must be parallel on Swarm, which starts the tasks of a service at once");
  }
  if (mysql.recoverFrom !== undefined && mysql.topology === "single") {
    mistakes.push(
      "mysql.recoverFrom: only with mysql.topology replicated. A single server has no member to recover from",
    );
  } else if (platform === "kubernetes" && mysql.recoverFrom !== undefined && mysql.recoverFrom >= mysql.replicas) {
    mistakes.push(
      `mysql.recoverFrom: must be an ordinal below mysql.replicas (got ${mysql.recoverFrom} of ${mysql.replicas} members)`,
    );
  }
  return mistakes;
}

function memoryMistakes(config: ParsedStack): string[] {
  return quantityToBytes(config.mysql.memory) < quantityToBytes("512Mi")
    ? [
        `mysql.memory: must be 512Mi or more (got ${config.mysql.memory}). MySQL with its performance schema needs about 430 MB idle`,
      ]
    : [];
}
