import type { SwarmStack } from "../../home/stack";
import { MemberAway, memberLimitSeconds, memberNames, type GroupPlace } from "../group-place";
import { memberContainers } from "./members";

/** The members of a group as tasks. An engine gets into containers of its own node only. */
export async function taskGroup(stack: SwarmStack): Promise<GroupPlace> {
  const members = await memberContainers(stack);
  return {
    names: memberNames(stack.config.mysql),
    inMember: async (name, command) => {
      const member = members.find((one) => one.member === name);
      if (!member?.holder) {
        const node = member?.node === undefined ? "no node" : `node ${member.node}`;
        throw new MemberAway(
          `${name} is not in reach: it is on ${node}, and the stack names no engine there that answers. Name the machine in swarm.nodes, or run there: docker exec $(docker ps --quiet --filter name=^${member?.service ?? name}[.]1[.]) ${command.join(" ")}`,
        );
      }
      const { engine, id } = member.holder;
      const { stdout } = await engine.docker(["exec", id, ...command], { timeout: memberLimitSeconds });
      return stdout.trim();
    },
  };
}
