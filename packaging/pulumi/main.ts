import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { StackProvider } from "./provider";

/** The Pulumi package: a stack as a component of programs in any language. The engine runs this, with its own address as the argument. */
export = (): Promise<void> =>
  pulumi.provider.main(new StackProvider(path.join(__dirname, "..", "..")), process.argv.slice(2));
