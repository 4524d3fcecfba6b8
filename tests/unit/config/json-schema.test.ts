import { expect } from "chai";
import { Definitions, type JsonSchema } from "../../../config/json-schema";

describe("a schema in which several keys have the same below them", () => {
  const pod: JsonSchema = {
    type: "object",
    properties: Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`key${index}`, { type: "string", description: "What a pod may say." }]),
    ),
  };
  const other: JsonSchema = { type: "object", properties: { ...pod.properties, more: { type: "number" } } };
  const schema: JsonSchema = {
    properties: {
      sites: { additionalProperties: { properties: { pod: { ...pod, description: "Of the site." } } } },
      mysql: { properties: { pod: { ...pod, description: "Of the server." } } },
      other,
    },
  };

  it("has it once, by the name of its key, with each key's own description", () => {
    const once = new Definitions(schema);
    const { properties } = once.without(schema);
    expect(once.definitions).to.deep.equal({ pod });
    expect(properties?.["mysql"]?.properties?.["pod"]).to.deep.equal({
      description: "Of the server.",
      $ref: "#/$defs/pod",
    });
    expect(properties?.["other"]).to.deep.equal(other);
  });
});
