/** A command that a page of the documentation shows, with what it is to print. */
export interface DocCommand {
  /** Line of the page where it stands, counted from 1. */
  line: number;
  /** What is typed; of several lines where one ends in a backslash, or a here-document follows. */
  command: string;
  /** Lines that the page shows below it, blank ones left out. */
  expected: string[];
  /** Exit status it is to end with: 0, or what the page says behind it (`# exit status 3`). */
  status: number;
}

/** What stands below one heading of a page. */
export interface DocSection {
  title: string;
  commands: DocCommand[];
}

/**
 * Reads the commands of a page, in its order. They stand in blocks of the language `console`: a line that begins with `$ ` is typed, and
 * what follows up to the next is what it prints; in a block without any `$ ` every line is typed. Other blocks are for reading only.
 */
export function docSections(text: string): DocSection[] {
  const sections: DocSection[] = [];
  let block: { language: string; first: number; lines: string[] } | undefined;
  text.split("\n").forEach((line, index) => {
    const fence = /^```(\w*)/.exec(line);
    if (block && fence) {
      if (block.language === "console") {
        sections.at(-1)?.commands.push(...commandsOf(block.lines, block.first));
      }
      block = undefined;
    } else if (fence) {
      block = { language: fence[1] ?? "", first: index + 2, lines: [] };
    } else if (block) {
      block.lines.push(line);
    } else if (/^#+ /.test(line)) {
      sections.push({ title: line.replace(/^#+ /, "").replaceAll("`", ""), commands: [] });
    }
  });
  return sections.filter(({ commands }) => commands.length > 0);
}

function commandsOf(lines: readonly string[], first: number): DocCommand[] {
  const prompted = lines.some((line) => line.startsWith("$ "));
  const commands: DocCommand[] = [];
  let open: { ends: (line: string) => boolean } | undefined;
  lines.forEach((line, index) => {
    const last = commands.at(-1);
    if (open && last) {
      last.command += `\n${line}`;
      open = open.ends(line) ? undefined : open;
    } else if (prompted ? line.startsWith("$ ") : /^[^#\s]/.test(line)) {
      const command = prompted ? line.slice(2) : line;
      const [, status = "0"] = /\s#.*\bexit status (\d+)/.exec(command) ?? [];
      commands.push({ line: first + index, command, expected: [], status: Number(status) });
      open = continuation(command);
    } else if (prompted && last && line.trim() !== "") {
      last.expected.push(line);
    }
  });
  return commands;
}

/** Whether a command goes on with the next line, and which line is its last. */
function continuation(command: string): { ends: (line: string) => boolean } | undefined {
  const [, tag] = /<<-?\s*'?(\w+)'?/.exec(command) ?? [];
  if (tag !== undefined) {
    return { ends: (line) => line.trim() === tag };
  }
  return command.endsWith("\\") ? { ends: (line) => !line.endsWith("\\") } : undefined;
}

/**
 * Compares what a command printed with what the page shows: each line shown must be there, in that order, and others may stand between.
 * Spaces, ages, times, sizes, shares, addresses and generated names may differ; `…` stands for anything.
 *
 * @returns the first line that was not printed; undefined when all were
 */
export function missingLine(expected: readonly string[], printed: string): string | undefined {
  const lines = printed.split("\n").map(shape);
  let from = 0;
  return expected.find((line) => {
    const parts = shape(line).split("…");
    const found = lines.findIndex((candidate, index) => index >= from && holds(candidate, parts));
    from = found + 1;
    return found < 0;
  });
}

/** Whether a line is made of these parts, with anything in place of the gaps between them. */
function holds(line: string, parts: readonly string[]): boolean {
  const pattern = parts.map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  return new RegExp(`^${pattern}$`).test(line);
}

/** A line with what differs from one run to the next made the same. */
function shape(line: string): string {
  return [
    [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, "<time>"],
    [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "<address>"],
    [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<id>"],
    [/\b[0-9a-f]{10,64}\b/g, "<id>"],
    // A Deployment's pods: the hash of the template, and five letters.
    [/-(<id>|[a-z0-9]{6,10})-[a-z0-9]{5}\b/g, "-<pod>"],
    [/\b(\d+(\.\d+)?(ms|[smhd]|[KMGT]i|[kMG]?B))+\b|\b\d+(\.\d+)?\s?%/g, "<amount>"],
    [/\b\d+(\.\d+)? (ms|s|seconds?|minutes?)\b/g, "<amount>"],
    [/\s+/g, " "],
  ]
    .reduce((text, [pattern, replacement]) => text.replace(pattern as RegExp, replacement as string), line)
    .trim();
}
