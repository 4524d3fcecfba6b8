/** The port a site is published on with Swarm: its own, else the one its address names, else none. */
export function publishedPort(site: { port?: number | undefined; url: string }): number | undefined {
  const { port } = new URL(site.url);
  return site.port ?? (port === "" ? undefined : Number(port));
}
