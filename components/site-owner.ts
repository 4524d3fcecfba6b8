/** Whose a site is that may be anybody's. */
export interface SiteOwner {
  /** As readers see it below posts, for example `Jane Doe`. */
  name: string;
  /** Signs in with it. */
  email: string;
  /** The key of a Secret that is there with the first password, on Kubernetes. Default: it is random. */
  existingSecret?: { name: string; key: string } | undefined;
  /** Title that the site begins with. Default: the host of its address. */
  siteTitle?: string | undefined;
}
