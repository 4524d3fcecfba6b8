import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { Children, type Nodes, type ObjectIdentity, type Transforms } from "../children";
import { after, mapped } from "../later";
import { objectName, stackLabels, type SwarmStack } from "./stack";

/** What components on Swarm make, by what `transform` calls it. */
const kinds = {
  /** An authority of a server's own, what it has signed, and what for: values in the engine's state. */
  authority: tls.SelfSignedCert,
  certificate: tls.LocallySignedCert,
  config: docker.ServiceConfig,
  key: tls.PrivateKey,
  network: docker.Network,
  /** A random value in the engine's state, of which secrets are made. */
  password: random.RandomPassword,
  request: tls.CertRequest,
  secret: docker.Secret,
  service: docker.Service,
  volume: docker.Volume,
} as const;

type SwarmKinds = typeof kinds;

/**
 * Adjusts children of a component on Swarm, by their kind. The names of configs, secrets and volumes stand there without what tells their version:
 * that is added from what they hold after the adjustment.
 */
export type SwarmTransforms = Transforms<SwarmKinds>;

/** What every component on Swarm takes. */
export interface SwarmComponentArgs {
  /** The stack it belongs to: name, networks, and how services are published and placed. */
  stack: SwarmStack;
  /** What its objects are called in the stack: `<name>` and `<name>-<role>`. Default: the component's name. */
  name?: string | undefined;
  /** Adjusts a child resource before it is registered. */
  transform?: SwarmTransforms | undefined;
}

/** Children of a component on Swarm, all in one stack. */
export class SwarmChildren extends Children<SwarmKinds> {
  readonly stack: Pick<SwarmStack, "name">;

  /** @param options their parent, or their provider */
  constructor(
    name: string,
    private readonly args: Pick<SwarmComponentArgs, "name" | "transform"> & { stack: Pick<SwarmStack, "name"> },
    private readonly options: pulumi.CustomResourceOptions,
    nodes?: Nodes<SwarmKinds>,
  ) {
    const { name: own = name, transform } = args;
    super({ kinds, package: "docker", options, transform, identity }, name, own, nodes);
    this.stack = args.stack;
  }

  /**
   * Those of one of several services of a component.
   *
   * @param name what its objects are called. Default: after the component's own
   */
  part(role: string, name = this.objectOf(role)): SwarmChildren {
    return new SwarmChildren(`${this.name}-${role}`, { ...this.args, name }, this.options, this.nodes);
  }

  /**
   * Name and labels of the object of a role.
   *
   * @throws UserError for a name longer than the engine takes
   */
  object(role: string): { name: string; labels: { label: string; value: string }[] } {
    return { name: objectName(this.stack, this.objectOf(role)), labels: stackLabels(this.stack) };
  }
}

function identity(kind: keyof SwarmKinds, args: { name?: pulumi.Input<string> }): ObjectIdentity | undefined {
  const { name } = args;
  if (name === undefined) {
    return undefined;
  }
  return {
    of: mapped(name, "", (known) => `the swarm's ${kind} ${known}`),
    wait: (until) => (args.name = after(until, name)),
  };
}
