import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { stackToken } from "../../../config/pulumi-schema";
import { stackSchema } from "../../../config/schema";

interface Spec {
  $ref?: string;
  type?: string;
  plain?: boolean;
  secret?: boolean;
  default?: unknown;
  description?: string;
  properties?: Record<string, Spec>;
  [more: string]: unknown;
}

interface Package {
  name: string;
  resources: Record<string, { inputProperties: Record<string, Spec>; requiredInputs: string[] }>;
  types: Record<string, Spec & { required: string[] }>;
}

const project = path.join(__dirname, "..", "..", "..");

describe("the schema of the Pulumi package", () => {
  const { name, resources, types } = JSON.parse(
    fs.readFileSync(path.join(project, "config", "pulumi.schema.json"), "utf8"),
  ) as Package;
  const stack = resources[stackToken] ?? expect.fail("there is no stack");
  const type = (of: string) => types[`${name}:index:${of}`] ?? expect.fail(`there is no ${of}`);
  const specs = (value: unknown): Spec[] =>
    typeof value === "object" && value !== null ? [value as Spec, ...Object.values(value).flatMap(specs)] : [];

  it("K4 has every key of a stack file", () => {
    expect(Object.keys(stack.inputProperties)).to.have.members(Object.keys(stackSchema.shape));
    expect(stack.requiredInputs).to.deep.equal(["platform"]);
    expect(type("Site").required).to.deep.equal(["url"]);
    const { mysql, platform } = stack.inputProperties;
    expect(platform?.description).to.contain("One of: kubernetes, swarm.");
    expect(type(mysql?.$ref?.split(":").at(-1) ?? "").properties?.["topology"]?.description).to.contain("Default: ");
  });

  it("K4 refers to what it defines, and defines what it refers to", () => {
    const used = specs([stack, types]).flatMap(({ $ref }) =>
      $ref?.startsWith("#") ? [$ref.slice("#/types/".length)] : [],
    );
    expect([...new Set(used)]).to.have.members(Object.keys(types));
  });

  it("K4 takes secrets where a stack file takes an encrypted value, and asks for what is known everywhere else", () => {
    const secrets = Object.entries(types).flatMap(([token, { properties = {} }]) =>
      Object.entries(properties).flatMap(([key, { secret }]) => (secret ? [`${token} ${key}`] : [])),
    );
    expect(secrets).to.not.be.empty;
    expect(secrets.filter((place) => !place.endsWith(" secure"))).to.deep.equal([]);
    const later = specs([stack.inputProperties, types]).filter(
      ({ $ref, plain, secret, type: kind }) =>
        ($ref !== undefined || typeof kind === "string") && !plain && !secret && $ref !== "pulumi.json#/Any",
    );
    expect(later.filter(({ properties }) => properties === undefined)).to.deep.equal([]);
  });

  it("K4 leaves defaults to the program: one that an SDK said would look like a key that somebody has written", () => {
    expect(
      specs([stack.inputProperties, types]).filter((spec) => "default" in spec && typeof spec.default !== "object"),
    ).to.deep.equal([]);
  });
});
