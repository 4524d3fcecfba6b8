import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";

/** What such an app is made with on either platform. */
export interface OwnAppContext<Config, SecretReference> {
  /** Name of its component: `app-` and its own name. Its services, volumes and objects are called after it. */
  componentName: string;
  /** The stack's checked configuration. */
  config: Config;
  retainData: boolean;
  /** Its database on the stack's server, if it has asked for one. */
  database?: DatabaseEndpoint<SecretReference> | undefined;
  /** Where its mail goes. Absent: nowhere. */
  mail?: MailEndpoint<SecretReference> | undefined;
  /** The provider. */
  options: pulumi.ComponentResourceOptions;
}
