import type * as pulumi from "@pulumi/pulumi";

/**
 * Adjusts one child resource of a component before it is registered: change the arguments or options in place.
 *
 * @example
 * new Mailpit("mailpit", { …, transform: { deployment: (args) => { args.metadata.labels.team = "press"; } } })
 */
export type Transform<Args> = (args: Args, options: pulumi.CustomResourceOptions, name: string) => void;

/** The constructor arguments of a child after the caller's transform. */
export function transformed<Args>(
  transform: Transform<Args> | undefined,
  name: string,
  args: Args,
  options: pulumi.CustomResourceOptions,
): [string, Args, pulumi.CustomResourceOptions] {
  transform?.(args, options, name);
  return [name, args, options];
}
