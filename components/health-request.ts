/**
 * An HTTP request that tells how an app is. It asks for something that is the app's own, never for what its owner has put there: a home page may be
 * private, moved, or gone, and the app is well all the same.
 */
export interface HealthRequest {
  path: string;
  /** By name; `Host` is the one that readers use. */
  headers: Record<string, string>;
  /** Answers that are well; none: all are. */
  statuses: number[];
}

/** A home page, as a proxy in front asks for it. */
export function homeRequest(url: string): HealthRequest {
  const { host, pathname, protocol } = new URL(url);
  const headers = { Host: host, ...(protocol === "https:" ? { "X-Forwarded-Proto": "https" } : {}) };
  return { path: pathname, headers, statuses: [200] };
}

/** The host that a request is for, without its port. */
export function hostAsked({ headers }: HealthRequest): string {
  return (headers["Host"] ?? "").replace(/:\d+$/, "");
}
