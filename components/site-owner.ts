/** Whose a site is that may be anybody's. */
export interface SiteOwner {
  /** As readers see it below posts, for example `Jane Doe`. */
  name: string;
  /** Signs in with it. */
  email: string;
  /** Title that the site begins with. Default: the host of its address. */
  siteTitle?: string | undefined;
}
