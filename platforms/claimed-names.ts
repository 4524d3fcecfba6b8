import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../errors";

/** Whose the names are of the objects that a program declares. */
const programs = new WeakMap<pulumi.Resource, Map<string, string>>();
const providers = new WeakMap<pulumi.ProviderResource, number>();
let counted = 0;

/**
 * Takes a name for an object that a program declares. Two providers may have an object of one name each; with one provider the second would be
 * refused by the platform in the middle of a deployment, or put in place of the first.
 *
 * @param object kind and name, and where the name counts: `Service mysql in namespace press`
 * @param owner name of the child, to the engine
 * @param provider absent: the default one
 * @returns undefined when it is done; else what is done once the name is known
 * @throws UserError for a name that is taken
 */
export function claimName(
  object: pulumi.Input<string>,
  owner: string,
  provider: pulumi.ProviderResource | undefined,
): pulumi.Output<void> | undefined {
  const stack = pulumi.runtime.getStackResource();
  if (!stack) {
    return undefined;
  }
  const names = programs.get(stack) ?? new Map<string, string>();
  programs.set(stack, names);
  const claim = (known: string) => {
    const key = `${numberOf(provider)} ${known}`;
    const other = names.get(key);
    if (other !== undefined) {
      throw new UserError(
        `${known}: the program declares two of this name, ${other} and ${owner}. Give the component of one of them another name`,
      );
    }
    names.set(key, owner);
  };
  if (typeof object === "string") {
    claim(object);
    return undefined;
  }
  return pulumi.output(object).apply(claim);
}

function numberOf(provider: pulumi.ProviderResource | undefined): number {
  if (!provider) {
    return 0;
  }
  const number = providers.get(provider) ?? ++counted;
  providers.set(provider, number);
  return number;
}
