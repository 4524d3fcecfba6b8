/** A page that is asked for inside the stack's networks, and has to answer. */
export interface WatchedPage {
  /** For example `blog`, or `products` of the shop. */
  name: string;
  /** What `npm run ops` calls the service behind it. */
  app: string;
  /** Service and port, for example `http://ghost-blog:2368/`. */
  target: string;
  /** What a person knows it by; a site's address. Default: `target`. */
  address?: string;
  /** Headers of the request. */
  headers?: Record<string, string>;
  /** Answers that are well. Default: 200 alone. */
  statuses?: number[];
  /** The name for which https is asked; whose the certificate is, nobody checks. */
  serverName?: string;
}

/** What the monitoring asks for. */
export interface WatchedPages {
  /** Whether each site serves. */
  sites: WatchedPage[];
  /** The home page of each site, as a proxy in front asks for it: how long it takes is what readers wait, whatever it answers. */
  homePages: WatchedPage[];
  /** What else answers over HTTP. */
  services: WatchedPage[];
  /** Hosts, with their ports as targets, whose certificates are somebody else's to renew: how long those hold. Default: none. */
  certificates?: WatchedPage[];
}
