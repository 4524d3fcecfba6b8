import { operatorFile, shopUser } from "../components/shop/settings";
import { UserError } from "../errors";
import { guardedPageLines, type GuardedPage } from "./guarded-page";
import type { Stack } from "../home/stack";
import { publishedHostOf, readTaskFile } from "./swarm/task-file";

/**
 * Reads the login of RabbitMQ's management page.
 *
 * @throws UserError for a stack without one, and where the login cannot be read
 */
export async function queues(stack: Stack): Promise<GuardedPage> {
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
export function queuesLines(page: GuardedPage): string[] {
  return guardedPageLines("Queues are shown at", page);
}
