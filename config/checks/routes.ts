import type { z } from "zod";
import type { route } from "../schema/route";

/**
 * Listeners of a route that lead readers to themselves.
 *
 * @param key of the route, for example `sites.blog.route`
 */
export function circleMistakes(key: string, { parentRefs, redirectFrom }: z.output<typeof route>): string[] {
  const listener = (ref: object) => JSON.stringify(Object.entries(ref).sort());
  const serving = parentRefs.map(listener);
  return redirectFrom.flatMap((ref, index) =>
    serving.includes(listener(ref))
      ? [
          `${key}.redirectFrom.${index}: serves readers, too (${key}.parentRefs), and would lead them in a circle. Name the listeners by sectionName`,
        ]
      : [],
  );
}
