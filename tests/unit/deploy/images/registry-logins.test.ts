import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { mustBeLoggedIn } from "../../../../deploy/images/registry-logins";
import { composeDeployment } from "../../../../deploy/rendered/swarm";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";
import { UserError } from "../../../../errors";
import { collect } from "../../../../render/collect";
import { deployStack } from "../../../../stacks";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("S5 the logins that nodes pull images with", () => {
  const images = { ghost: "registry.example.com/blog/ghost:6", mailpit: "ghcr.io/mail/inbox:1" };
  const stack = (registryAuth: boolean) =>
    parseStackConfig({
      platform: "swarm",
      sites: { blog: { url: "http://localhost:2368" } },
      images,
      swarm: { registryAuth },
    }) as SwarmStackConfig;
  const former = process.env["DOCKER_CONFIG"];
  let file: string;

  beforeEach(() => {
    process.env["DOCKER_CONFIG"] = temporaryDirectory();
    file = path.join(process.env["DOCKER_CONFIG"], "config.json");
  });
  after(() => {
    delete process.env["DOCKER_CONFIG"];
    Object.assign(process.env, former === undefined ? {} : { DOCKER_CONFIG: former });
  });

  it("have to be there: every registry that wants one is named, the public ones are not", () => {
    expect(() => mustBeLoggedIn(stack(true)))
      .to.throw(UserError, /docker login registry\.example\.com\n.*docker login ghcr\.io/)
      .with.property("message")
      .that.does.not.contain("docker.io");
    expect(() => mustBeLoggedIn(stack(false))).not.to.throw();
  });

  it("need not be there for an image that a stack has by itself, whatever else its registry has", () => {
    const edge = { email: "me@example.com" };
    const sites = { blog: { url: "https://blog.example.com", activityPub: "self" } };
    const own = (ghost?: string) =>
      parseStackConfig({
        ...{ platform: "swarm", sites, edge, swarm: { registryAuth: true } },
        ...(ghost === undefined ? {} : { images: { ghost } }),
      }) as SwarmStackConfig;
    expect(() => mustBeLoggedIn(own())).not.to.throw();
    expect(() => mustBeLoggedIn(own("ghost-platform.local/ghost:6"))).not.to.throw();
    expect(() => mustBeLoggedIn(own("ghcr.io/me/ghost:6"))).to.throw(UserError, "docker login ghcr.io");
  });

  it("are found in docker's file: by name, by address, in a store, with a helper of their own", () => {
    const auths = { "https://registry.example.com/v1/": { auth: "eDp5" } };
    fs.writeFileSync(file, JSON.stringify({ auths, credHelpers: { "ghcr.io": "gh" } }));
    expect(() => mustBeLoggedIn(stack(true))).not.to.throw();
    fs.writeFileSync(file, JSON.stringify({ auths: { "ghcr.io": {} }, credsStore: "desktop" }));
    expect(() => mustBeLoggedIn(stack(true)))
      .to.throw(UserError, "docker login registry.example.com")
      .with.property("message")
      .that.does.not.contain("ghcr.io");
  });

  it("cannot be told from a file that is no JSON, which is named", () => {
    fs.writeFileSync(file, "{");
    expect(() => mustBeLoggedIn(stack(true))).to.throw(UserError, `${file}, where docker keeps its logins, is no JSON`);
  });

  it("are handed on where the stack says so, by docker and by Pulumi, which reads no password itself", async () => {
    const flags = (registryAuth: boolean) => composeDeployment(stack(registryAuth), "ghost-test", "file");
    expect(flags(true)).to.include("--with-registry-auth");
    expect(flags(false)).not.to.include("--with-registry-auth");
    let given = "";
    await collect(stack(true), "test", undefined, (config) => {
      pulumi.runtime.registerStackTransformation(({ props, type }) => {
        if (type === "pulumi:providers:docker") {
          pulumi.output(props["registryAuth"]).apply((text) => (given = String(text)));
        }
        return undefined;
      });
      return deployStack(config);
    });
    const addresses = ["docker.io", "registry.example.com", "ghcr.io"].map((address) => ({ address }));
    expect(JSON.parse(given)).to.have.deep.members(addresses);
  });
});
