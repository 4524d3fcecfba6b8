import { expect } from "chai";
import { withValues } from "../../../config/files/edit-stack-file";

const file = `# A stack.
config:
  ghost-platform:platform: swarm # here
  ghost-platform:sites:
    blog: { url: "http://localhost:2368" }
`;

describe("an edit of a stack file", () => {
  it("B7 adds a value, and takes it away again with what is empty without it", () => {
    const added = withValues(file, [{ keys: ["images", "ghost"], value: "ghost:6.70.0" }]);
    expect(added).to.contain("  ghost-platform:images:\n    ghost: ghost:6.70.0\n").and.to.contain("swarm # here");
    expect(withValues(added, [{ keys: ["images", "ghost"], value: undefined }])).to.equal(file);
  });

  it("B7 leaves what stands beside a value that it takes away", () => {
    const both = `${file}  ghost-platform:images: { ghost: "ghost:6.70.0", mysql: "mysql:9.7.4" } # pinned\n`;
    expect(withValues(both, [{ keys: ["images", "ghost"], value: undefined }])).to.equal(
      `${file}  ghost-platform:images: { mysql: "mysql:9.7.4" } # pinned\n`,
    );
  });

  it("B7 changes nothing where there is no such value, whatever is missing", () => {
    expect(withValues(file, [{ keys: ["images", "ghost"], value: undefined }])).to.equal(file);
    const other = `${file}  ghost-platform:images:\n    mysql: mysql:9.7.4\n`;
    expect(withValues(other, [{ keys: ["images", "ghost"], value: undefined }])).to.equal(other);
  });

  it("B7 finds a value in a section that Pulumi wrote as JSON", () => {
    const json = `${file}  ghost-platform:images: '{"ghost":"ghost:6.70.0","mysql":"mysql:9.7.4"}'\n`;
    const without = withValues(json, [{ keys: ["images", "ghost"], value: undefined }]);
    expect(without).to.contain("mysql: mysql:9.7.4").and.to.not.contain("6.70.0");
  });
});
