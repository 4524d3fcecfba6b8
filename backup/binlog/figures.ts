import * as fs from "node:fs";
import * as http from "node:http";
import { archivedThrough } from "../../components/archive-figures";

/**
 * What Prometheus reads of the archive: until when all is in the store that the server had committed. A figure that is not known is not there.
 *
 * @param marks files whose times are those until which it has come: heard of the server, taken by the store
 */
export function archiveFigures(marks: readonly string[]): string {
  const times = marks.map((file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs);
  const known = times.filter((time) => time !== undefined);
  return known.length < times.length ? "" : `${archivedThrough} ${Math.floor(Math.min(...known) / 1000)}\n`;
}

/** Tells them to whoever reaches the port. */
export function tellFigures(marks: readonly string[], port: number): http.Server {
  const server = http.createServer((_request, response) => {
    response.setHeader("Content-Type", "text/plain; version=0.0.4");
    response.end(archiveFigures(marks));
  });
  // It is beside the work: that goes on where nobody can be told of it.
  server.on("error", (error) => console.error(`figures are not told: ${error.message}`));
  return server.listen(port);
}
