import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { SwarmChildren, type SwarmTransforms } from "./children";
import type { StackNetworks } from "./stack";

/**
 * The overlay networks of a stack: `frontend`, from which containers reach the outside and are reached, and `backend`, which leads
 * nowhere else. Where the stack is monitored, `monitoring`: its parts ask nobody for a login, so no site is on it; and `metrics`, which
 * leads nowhere else either: the database servers, who asks them for figures, and who gathers these.
 *
 * @param settings.encryptBackend encrypt what the networks of the database servers carry between nodes; needs ESP in their kernels
 * @param settings.monitoring default false
 * @param settings.transform adjusts each before it is registered
 */
export function stackNetworks(
  stack: { name: string },
  settings: { encryptBackend: boolean; monitoring?: boolean; transform?: Pick<SwarmTransforms, "network"> },
  options: pulumi.CustomResourceOptions,
): StackNetworks {
  const all = new SwarmChildren(stack.name, { stack, transform: settings.transform }, options);
  const network = (name: string, args: docker.NetworkArgs) => {
    const children = all.part(name, name);
    return children.make("network", "", { ...children.object(""), driver: "overlay", ...args }).id;
  };
  const inside = { internal: true, ...(settings.encryptBackend ? { options: { encrypted: "true" } } : {}) };
  return {
    frontend: network("frontend", {}),
    backend: network("backend", inside),
    ...(settings.monitoring ? { monitoring: network("monitoring", {}), metrics: network("metrics", inside) } : {}),
  };
}
