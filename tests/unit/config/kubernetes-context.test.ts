import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { contextNames } from "../../../config/kubernetes/kubernetes-context";
import { withContext } from "../../../config/load";
import { UserError } from "../../../errors";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("F10 a program that nobody has told on which cluster it runs", () => {
  const kubeconfig = (...names: string[]) => {
    const file = path.join(temporaryDirectory(), "config");
    fs.writeFileSync(file, JSON.stringify({ contexts: names.map((name) => ({ name })) }));
    return file;
  };
  afterEach(() => {
    delete process.env["KUBECONFIG"];
  });

  it("says how to name a context and which there are, together with every other mistake", () => {
    process.env["KUBECONFIG"] = kubeconfig("home", "work");
    const raw = { platform: "kubernetes", sites: { blog: { url: "http://localhost:2368" } } };
    expect(() => withContext("dev", raw))
      .to.throw(UserError, /^Pulumi\.dev\.yaml has a mistake:\n {2}- kubernetes\.context: missing/)
      .with.property("message")
      .that.contains("pulumi config set --stack dev --path 'ghost-platform:kubernetes.context' NAME")
      .and.contains("  home\n  work");
    expect(() => withContext("dev", { ...raw, retainDatas: true, kubernetes: { namespaces: "x" } }))
      .to.throw(UserError, /retainDatas: unknown key/)
      .with.property("message")
      .that.contains("namespaces: unknown key")
      .and.contains("kubernetes.context: missing");
  });

  it("finds the contexts of every kubeconfig, and minds none that is missing or damaged", () => {
    const damaged = path.join(temporaryDirectory(), "damaged");
    fs.writeFileSync(damaged, "contexts: {");
    process.env["KUBECONFIG"] = [kubeconfig("a", "b"), "/nowhere", damaged, kubeconfig("b", "c")].join(path.delimiter);
    expect(contextNames()).to.deep.equal(["a", "b", "c"]);
    expect(contextNames(kubeconfig("x"))).to.deep.equal(["x"]);
  });
});
