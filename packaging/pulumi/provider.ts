import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parseStackConfig } from "../../config/parse";
import { stackToken } from "../../config/pulumi-schema";
import { UserError } from "../../errors";
import { saidByProgram } from "./arguments";
import { Stack } from "./stack";

/**
 * What the Pulumi engine asks for the schema, from which it makes an SDK, and for each component that a program declares: a stack, whose arguments are what
 * a stack file says, and are checked like one.
 */
export class StackProvider implements pulumi.provider.Provider {
  readonly schema: string;
  readonly version: string;
  /** Of this run of the program; a preview and what follows are two. */
  private readonly declared = new Map<boolean, string>();

  /**
   * @param folder of the package, or this project
   * @param guarded see `Stack`; mocks have no such engine
   */
  constructor(
    folder: string,
    private readonly guarded = true,
  ) {
    this.schema = fs.readFileSync(path.join(folder, "config", "pulumi.schema.json"), "utf8");
    this.version = (JSON.parse(this.schema) as { version: string }).version;
  }

  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<pulumi.provider.ConstructResult> {
    if (type !== stackToken) {
      throw new UserError(`${type}: this package has ${stackToken} alone`);
    }
    const isPreview = pulumi.runtime.isDryRun();
    const other = this.declared.get(isPreview);
    if (other !== undefined) {
      // Their children would have the same names, to the engine and on the platform.
      throw new UserError(
        `${name}: the program has ${other} already, and one stack of ghost-platform is all that it may have. Give each a Pulumi stack of its own`,
      );
    }
    this.declared.set(isPreview, name);
    const raw = await saidByProgram(inputs, name);
    const config = parseStackConfig(raw, pulumi.getStack(), name);
    const stack = new Stack(name, config, this.guarded, options);
    // Each whole, for a part that is a secret makes one of all that it belongs to.
    const state = Object.fromEntries(Object.entries(stack.outputs).map(([key, value]) => [key, pulumi.output(value)]));
    return { urn: stack.urn, state };
  }
}
