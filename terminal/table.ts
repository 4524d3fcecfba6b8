/** A column of a table. */
export interface Column {
  title: string;
  /** Default left; numbers are easier to compare on the right. */
  align?: "left" | "right";
}

/** Lines of a table whose columns are as wide as their longest cell, two spaces apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) => Math.max(...[titles, ...rows].map((row) => (row[index] ?? "").length)));
  return [titles, ...rows].map((row) =>
    columns
      .map(({ align }, index) => {
        const cell = row[index] ?? "";
        const width = widths[index] ?? 0;
        return align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** The rows with a first cell that repeats the one above left empty: one heading for several lines. */
export function grouped(rows: readonly (readonly string[])[]): string[][] {
  return rows.map(([first = "", ...rest], index) => [rows[index - 1]?.[0] === first ? "" : first, ...rest]);
}
