import { operatorFile, shopUser } from "../components/shop/settings";
import { UserError } from "../errors";
import type { Stack } from "./stack";
import { publishedHostOf, readTaskFile } from "./swarm/task-file";

/** Where the shop's queues are shown, and who may see them. The shape of `queues --json`. */
export interface QueuesReport {
  stack: string;
  address: string;
  login: { username: string; password: string };
}

/**
 * Reads the login of RabbitMQ's management page.
 *
 * @throws UserError for a stack without one, and where the login cannot be read
 */
export async function queues(stack: Stack): Promise<QueuesReport> {
  const { shop } = stack.config;
  if (stack.platform !== "swarm" || shop?.managementPort === undefined) {
    throw new UserError(
      `Stack ${stack.name} shows no queues: it has no shop, or shop.managementPort is not set in Pulumi.${stack.name}.yaml`,
    );
  }
  const password = await readTaskFile(stack, "rabbitmq", operatorFile("rabbitmq"), "The shop's RabbitMQ");
  return {
    stack: stack.name,
    address: `http://${await publishedHostOf(stack, "rabbitmq")}:${shop.managementPort}/`,
    login: { username: shopUser, password },
  };
}

/** The same for a person. */
export function queuesLines({ address, login }: QueuesReport): string[] {
  return [
    `Queues are shown at  ${address}`,
    `  user               ${login.username}`,
    `  password           ${login.password}`,
  ];
}
