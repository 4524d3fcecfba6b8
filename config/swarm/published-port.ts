/**
 * The port a site is published on with Swarm where no edge has the ports: its own, else the one its address names, else none. What is published
 * speaks http, so the port of an https address is that of whoever ends https before it.
 */
export function publishedPort(site: { port?: number | undefined; url: string }): number | undefined {
  const { port, protocol } = new URL(site.url);
  return site.port ?? (port === "" || protocol === "https:" ? undefined : Number(port));
}
