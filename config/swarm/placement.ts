import { isIP } from "node:net";

/** Placement constraints by the grammar of swarms. An engine takes a key it does not know, and then no node meets it. */

const keys = ["node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch"];

/** What is wrong with a constraint, in words; undefined where nothing is. */
export function placementMistake(constraint: string): string | undefined {
  const [, key = "", value = ""] = /^\s*(\S+?)\s*(?:==|!=)\s*(.+?)\s*$/.exec(constraint) ?? [];
  if (key === "") {
    return "It has a key, == or !=, and a value";
  }
  if (!keys.includes(key) && !/^(node|engine)\.labels\.[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(key)) {
    return `Keys are ${keys.join(", ")}, node.labels.NAME and engine.labels.NAME`;
  }
  if (!/^[A-Za-z0-9:_\s.*()?+[\]\\^$|/-]+$/.test(value)) {
    return "A value has letters, digits and the signs : - _ . * ( ) ? + [ ] \\ ^ $ | /";
  }
  if (key === "node.role" && !/^(manager|worker)$/i.test(value)) {
    return "A node's role is manager or worker";
  }
  const [address = "", bits = "0"] = value.split("/");
  if (key === "node.ip" && (isIP(address) === 0 || !/^\d{1,3}$/.test(bits))) {
    return "A node's ip is an address such as 10.0.0.1, or a network such as 10.0.0.0/24";
  }
  return undefined;
}

/** Whether a constraint leaves one node alone. */
export function pinsToOneNode(constraint: string): boolean {
  return /^node\.(hostname|id|labels\.ghost-platform\.node)\s*==/.test(constraint);
}
