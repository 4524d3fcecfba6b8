import type * as pulumi from "@pulumi/pulumi";
import type { ClaimSettings } from "../platforms/kubernetes/storage/claim";

/** A claim of an app, to somebody who copies what it holds. */
export interface KeptClaim {
  /** Name of the Deployment or StatefulSet whose pod writes there. */
  workload: string;
  claim: pulumi.Input<string>;
  labels: Record<string, string>;
  storage: ClaimSettings;
  /** Of the container that writes there. */
  image: pulumi.Input<string>;
  /** Where that has it mounted. */
  target: string;
}

/** A database server, to somebody who makes dumps of it. */
export interface DumpedServer extends KeptClaim {
  /** Where it, or whichever member takes writes, answers on `port`. */
  host: pulumi.Input<string>;
  port: number;
  /** Root of the authority that its certificate is from, in PEM form. */
  authority: pulumi.Input<string>;
  /** Labels of which a client must have one. */
  clientLabels: Record<string, string>;
  /** Labels of the pods behind `host`. */
  pods: Record<string, string>;
  /** The Secret with the option file of the user that may read everything. */
  login: { secret: pulumi.Input<string>; key: string };
  /** The user that follows its binary log and the Secret with its password, where that is archived. */
  archive?: { user: string; secret: pulumi.Input<string>; key: string };
}
