import * as readline from "node:readline/promises";
import { interruption } from "./interruption";

/** Whether somebody can answer a question. */
export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/**
 * Asks a question that is answered with yes or no on the terminal.
 *
 * @param otherwise what an empty answer means
 */
export async function confirmed(question: string, otherwise: "yes" | "no"): Promise<boolean> {
  const terminal = readline.createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} ${otherwise === "yes" ? "[Y/n]" : "[y/N]"} `, {
      signal: interruption.signal,
    });
    return /^y(es)?$/i.test(answer.trim() || otherwise);
  } finally {
    terminal.close();
  }
}
