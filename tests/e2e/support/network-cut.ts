import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as readline from "node:readline";
import { run } from "../../../engines/process";

/** Somebody on the network: a process of its, whose network it is, and its addresses there. Containers of the test nodes run on this machine. */
export interface Peer {
  process: number;
  addresses: readonly string[];
}

/** Who hears whom no more: each side the other, or the first side alone hears nothing of the second. */
export type CutWays = "both ways" | "one way";

/** Drops packets until its standard input ends, which it does with this process, or for so many seconds at most. */
const program = `
set -eu
limit=$1
shift
mend() { for rule; do iptables -w 10 -D $rule -j DROP || true; done; }
trap 'mend "$@"' EXIT
for rule; do iptables -w 10 -I $rule -j DROP; done
echo cut
read -r -t "$limit" _ || true
`;

/** A peer, by a process in its network. */
export async function peerOf(process: number): Promise<Peer> {
  const command = ["ip", "-4", "-o", "address", "show", "scope", "global"];
  const { stdout } = await run("nsenter", ["--target", String(process), "--net", ...command], { timeout: 30 });
  const addresses = [...stdout.matchAll(/ inet ([0-9.]+)\//g)].map(([, address = ""]) => address);
  if (addresses.length === 0) {
    throw new Error(`process ${process} is in a network without an address`);
  }
  return { process, addresses };
}

/**
 * Cuts the network between peers while something is done, and mends it whatever comes of that. Whoever starts anew meanwhile in a network of its own, with
 * another address, is not cut off any more.
 *
 * @param side whose packets are dropped, where they are: in and out, or those that come in alone
 * @param others whom it does not hear, nor reach
 * @param seconds after which it is mended even if nobody does
 */
export async function whileCut(
  side: readonly Peer[],
  others: readonly Peer[],
  ways: CutWays,
  work: () => Promise<void>,
  seconds = 300,
): Promise<void> {
  const cuts: ChildProcess[] = [];
  try {
    for (const { process } of side) {
      cuts.push(await cut(process, rules(others, ways), seconds));
    }
    await work();
  } finally {
    await Promise.all(cuts.map(mended));
  }
}

function rules(others: readonly Peer[], ways: CutWays): string[] {
  return others
    .flatMap(({ addresses }) => addresses)
    .flatMap((address) => [`INPUT -s ${address}`, ...(ways === "both ways" ? [`OUTPUT -d ${address}`] : [])]);
}

async function cut(process: number, dropped: readonly string[], seconds: number): Promise<ChildProcess> {
  const command = ["bash", "-c", program, "cut", String(seconds), ...dropped];
  const child = spawn("nsenter", ["--target", String(process), "--net", ...command], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin?.on("error", () => undefined);
  const lines = readline.createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([status]) => `it ended with status ${String(status)}`);
  const said = await Promise.race([once(lines, "line").then(([line]) => String(line)), ended]);
  if (said !== "cut") {
    throw new Error(`the network of process ${process} could not be cut: ${said}`);
  }
  return child;
}

async function mended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.stdin?.end();
    await ended;
  }
}
