import { UserError } from "../errors";

/** How the members of a group are reached on a platform. */
export interface GroupPlace {
  /** Of all members that the stack has. */
  names: readonly string[];
  /**
   * Runs a command in a member's container, and returns what it prints, trimmed.
   *
   * @throws CommandError where it fails, MemberAway where nobody here gets into that container
   */
  inMember(name: string, command: readonly string[]): Promise<string>;
}

/** A member whose container does not run, or that is not in reach from here. */
export class MemberAway extends UserError {}

/** Seconds that a command in a member may take: a hand-over waits up to 20. */
export const memberLimitSeconds = 60;

/** Names of the members of a group of so many. */
export function memberNames({ replicas }: { replicas: number }): string[] {
  return Array.from({ length: replicas }, (_, ordinal) => `mysql-${ordinal}`);
}
