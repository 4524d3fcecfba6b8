import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { Deployment } from "../../../deploy/deploy-stack";
import { unclaimedLines } from "../../../deploy/unclaimed";
import { CommandError } from "../../../errors";

describe("E6 a site that nobody owns", () => {
  /** @param answer what is printed in the container; undefined: the command fails */
  const told = async (url: string, answer: string | undefined) => {
    const asked: string[][] = [];
    const docker = {
      lines: () => Promise.resolve(["c0ffee"]),
      docker: (args: string[]) => {
        asked.push(args);
        return answer === undefined
          ? Promise.reject(new CommandError("docker", 1, "nothing listens"))
          : Promise.resolve({ stdout: `${answer}\n`, stderr: "" });
      },
    };
    const config = parseStackConfig({ platform: "swarm", sites: { blog: { url } } });
    const deployment = { platform: "swarm", stack: "press", config, docker } as unknown as Deployment;
    return { asked, lines: await unclaimedLines(deployment) };
  };

  it("is told at each start, until somebody does", async () => {
    const { asked, lines } = await told("http://blog.example.com:8080/notes", "nobody");
    expect(asked[0]?.slice(0, 3)).to.deep.equal(["exec", "c0ffee", "node"]);
    expect(asked[0]?.slice(-2)[0]).to.equal("/notes/ghost/api/admin/authentication/setup/");
    expect(lines.join("\n")).to.contain(
      "NOBODY OWNS site blog: whoever visits http://blog.example.com:8080/notes/ghost/",
    );
    expect(lines.join("\n")).to.contain("sites.blog.owner of Pulumi.press.yaml");
    expect((await told("http://blog.example.com:8080", "somebody")).lines).to.deep.equal([]);
  });

  it("is not spoken of where that is not known, nor on a machine of one's own", async () => {
    expect((await told("http://blog.example.com:8080", undefined)).lines).to.deep.equal([]);
    expect(await told("http://localhost:2368", "nobody")).to.deep.equal({ asked: [], lines: [] });
  });
});
