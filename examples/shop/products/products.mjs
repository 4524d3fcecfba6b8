/** What the shop sells at first. */
export const firstProducts = [
  { name: "Notebook, ruled", cents: 490, stock: 200 },
  { name: "Notebook, blank", cents: 490, stock: 200 },
  { name: "Fountain pen", cents: 3900, stock: 25 },
  { name: "Ink, blue-black", cents: 1250, stock: 60 },
  { name: "Reading lamp", cents: 7900, stock: 10 },
];

/**
 * What a path asks for.
 *
 * @param {string} path
 * @returns {{ page: "alive" | "health" | "list" | "none" } | { page: "one", id: number }}
 */
export function route(path) {
  if (path === "/alive" || path === "/health") {
    return { page: path === "/alive" ? "alive" : "health" };
  }
  if (path === "/products") {
    return { page: "list" };
  }
  const [, id] = /^\/products\/(\d{1,15})$/.exec(path) ?? [];
  return id === undefined ? { page: "none" } : { page: "one", id: Number(id) };
}

/**
 * Whether PostgreSQL or Redis refuses a login, rather than being away.
 *
 * @param {unknown} error
 */
export function isRefusal(error) {
  return (
    error instanceof Error &&
    (("code" in error && (error.code === "28P01" || error.code === "28000")) || error.message.startsWith("WRONGPASS"))
  );
}

/**
 * Who did not let this program in yet, in words.
 *
 * @param {Record<string, boolean>} admitted
 */
export function refusedBy(admitted) {
  return Object.keys(admitted)
    .filter((server) => !admitted[server])
    .join(" and ");
}

/**
 * Status and report from what each dependency said.
 *
 * @param {Record<string, unknown>} failures undefined for what is well
 */
export function health(failures) {
  const entries = Object.entries(failures);
  const well = entries.every(([, failure]) => failure === undefined);
  return {
    status: well ? 200 : 503,
    body: {
      status: well ? "healthy" : "unhealthy",
      checks: Object.fromEntries(entries.map(([name, failure]) => [name, failure === undefined ? "ok" : "failed"])),
    },
  };
}
