import { Command } from "commander";
import { ownerLabel, swarmStackName } from "../platforms/swarm/stack";
import { runCommand } from "../terminal/command";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { destroyStack, type DestroyRequest, type Removal } from "./destroy-stack";

/** `npm run destroy`: takes away what `npm start` has made. */
const command = new Command("npm run destroy --")
  .description("Removes what `npm start` made of a stack. Databases, content and mail stay, unless --data is given.")
  .option("--stack <name>", "the stack", "swarm")
  .option("--data", "remove databases, content and mail too: they cannot be brought back")
  .option("--yes", "do not ask before removing data")
  .option(
    "--without-quorum",
    "Swarm: where fewer than half of the managers answer, and nothing can be removed, forget the stack on this machine",
  )
  .action(async (request: DestroyRequest) => {
    interruption.listen();
    const removal = await destroyStack(request);
    if (removal) {
      say(...removalLines(removal));
    }
  });

function removalLines(removal: Removal): string[] {
  const { data, kept, stack } = removal;
  const removed = removal.platform === "swarm" && removal.removed.length > 0 ? ` (${removal.removed.join(", ")})` : "";
  const where = removal.platform === "swarm" ? `on ${removal.host}` : `in namespace ${removal.namespace}`;
  const lines = data
    ? [
        `Stack ${stack} is gone, with its data${removed}.`,
        ...(removal.platform === "kubernetes" && !removal.namespaceIsGone
          ? [`Namespace ${removal.namespace} stays: claims are in it that are not the stack's. They are as they were.`]
          : []),
      ]
    : [
        `Stack ${stack} is gone.`,
        ...(kept.length > 0
          ? [
              `Kept ${where}: ${kept.join(", ")}. npm start finds them again.`,
              `To remove them: npm run destroy -- --stack ${stack} --data`,
            ]
          : []),
      ];
  return removal.platform === "swarm" ? [...lines, ...swarmLines(removal)] : lines;
}

function swarmLines({ data, hasOtherMachines, stack }: Extract<Removal, { platform: "swarm" }>): string[] {
  const filter = `label=${ownerLabel}=${swarmStackName(stack)}`;
  return [
    ...(data && hasOtherMachines
      ? [`Volumes on other nodes stay there. On each: docker volume ls --filter ${filter}`]
      : []),
    "The Docker Engine, its swarm mode and its images stay. To leave swarm mode: docker swarm leave --force",
  ];
}

void runCommand("npm run destroy", command);
