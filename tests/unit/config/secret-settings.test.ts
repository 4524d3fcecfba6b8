import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { refuseEncrypted } from "../../../deploy/before/encrypted-settings";
import { withSecretsMarked } from "../../../config/encrypted-values";
import { parseStackConfig } from "../../../config/parse";
import type { StackConfig } from "../../../config/schema";
import type { DeclaredResource } from "../../../render/collect";
import { container, manifestsOf, object, podSpecs } from "../../support/kubernetes";
import { refusal } from "../../support/refusal";
import { declared } from "../../support/swarm";
import { temporaryDirectory } from "../../support/temporary-directory";

const key = "key-of-mailgun-7f3c";
const setting = "bulkEmail__mailgun__apiKey";
const there = `/run/secrets/ghost-settings/${setting}`;

const base64 = (text: string) => Buffer.from(text).toString("base64");

function fileOf(content: string | Buffer): string {
  const file = path.join(temporaryDirectory(), "value");
  fs.writeFileSync(file, content);
  return file;
}

function site(platform: "swarm" | "kubernetes", secretSettings: object, settings: object = {}): StackConfig {
  return parseStackConfig({
    platform,
    ...(platform === "kubernetes" ? { kubernetes: { context: "test" } } : {}),
    sites: { blog: { url: "http://blog.test:2368", secretSettings, settings } },
  });
}

describe("K3 the secret settings of a site", () => {
  it("are files of its containers from a Secret, and stand nowhere else", async () => {
    const manifests = await manifestsOf({
      sites: { blog: { secretSettings: { [setting]: { file: fileOf(`${key}\n`) } } } },
    });
    const pod = podSpecs(manifests)["ghost-blog"];
    const secret = pod?.volumes.find(({ name }) => name === "settings")?.projected.sources[0]?.secret.name ?? "";
    expect(object(manifests, "Secret", secret)["data"]).to.deep.equal({ [setting]: base64(key) });
    for (const name of ["ghost", "database-migrate"]) {
      const { env, volumeMounts } = container(pod as NonNullable<typeof pod>, name);
      expect(env).to.deep.include({ name: `${setting}_FILE`, value: there });
      expect(volumeMounts.filter((mount) => mount.name === "settings")).to.deep.equal([
        { name: "settings", mountPath: path.posix.dirname(there), readOnly: true },
      ]);
    }
    const others = manifests.filter(({ kind, metadata }) => kind !== "Secret" || metadata.name !== secret);
    expect(JSON.stringify(others)).not.to.contain(key);
  });

  it("take another Secret's name with another value, so that the site starts with it", async () => {
    const nameWith = async (value: string) => {
      const manifests = await manifestsOf({
        sites: { blog: { secretSettings: { [setting]: { file: fileOf(value) } } } },
      });
      return podSpecs(manifests)["ghost-blog"]?.volumes.find(({ name }) => name === "settings");
    };
    expect(await nameWith("one")).not.to.deep.equal(await nameWith("two"));
  });

  it("may be those of a Secret that somebody else fills", async () => {
    const manifests = await manifestsOf({
      sites: { blog: { secretSettings: { [setting]: { secretName: "mailgun", key: "api-key" } } } },
    });
    const volume = podSpecs(manifests)["ghost-blog"]?.volumes.find(({ name }) => name === "settings");
    expect(volume?.projected.sources).to.deep.equal([
      { secret: { name: "mailgun", items: [{ key: "api-key", path: setting }] } },
    ]);
  });

  it("are secrets of the swarm, each named after the last part of its name, or all of it where that is taken", async () => {
    const { resources } = await declared({
      sites: {
        blog: {
          secretSettings: {
            [setting]: { file: fileOf(key) },
            a__token: { file: fileOf("a") },
            b__token: { file: fileOf("b") },
          },
        },
      },
    });
    const service = resources.find(({ name }) => name === "ghost-blog") as DeclaredResource;
    const { env, secrets } = (
      service.inputs as {
        taskSpec: { containerSpec: { env: object; secrets: { secretName: string; fileName: string }[] } };
      }
    ).taskSpec.containerSpec;
    expect(env).to.include({ [`${setting}_FILE`]: there });
    const given = secrets.filter(({ fileName }) => fileName.startsWith(path.posix.dirname(there)));
    expect(
      given.map(({ fileName, secretName }) => [
        path.posix.basename(fileName),
        secretName.replace(/^ghost-test_|-[^-]*$/g, ""),
      ]),
    ).to.have.deep.members([
      [setting, "ghost-blog-setting-apiKey"],
      ["a__token", "ghost-blog-setting-a-token"],
      ["b__token", "ghost-blog-setting-b-token"],
    ]);
    expect(JSON.stringify(service.inputs)).not.to.contain(key);
  });

  it("say what is wrong with all of them at once, and show no value", () => {
    const words = refusal(() =>
      site(
        "swarm",
        {
          [setting]: key,
          klipy__apiKey_FILE: { file: fileOf(key) },
          database__connection__password: { file: fileOf(key) },
          a__token: { file: "/nowhere/token" },
          b__token: { file: fileOf(Buffer.from([0xff, 0xfe])) },
          c__token: { file: fileOf("") },
        },
        {},
      ),
    );
    expect(words)
      .to.contain(`sites.blog.secretSettings.${setting}: must be \`file: PATH\``)
      .and.contain("pulumi config set --secret --path");
    expect(words).not.to.contain(key);
    for (const wrong of [key, [key], { [setting]: [key] }, { [setting]: { value: key } }]) {
      expect(refusal(() => site("swarm", wrong as object))).not.to.contain(key);
    }
    const checked = refusal(() =>
      site(
        "swarm",
        {
          klipy__apiKey_FILE: { file: fileOf(key) },
          database__connection__password: { file: fileOf(key) },
          a__token: { file: "/nowhere/token" },
          b__token: { file: fileOf(Buffer.from([0xff, 0xfe])) },
          c__token: { file: fileOf("") },
          d__token: { file: fileOf(key) },
          e__token: { secretName: "x", key: "y" },
        },
        { d__token_FILE: "/run/secrets/d" },
      ),
    );
    expect(checked)
      .to.contain("secretSettings.klipy__apiKey_FILE: Ghost reads the value from a file in any case")
      .and.contain("secretSettings.database__connection__password: this program sets it")
      .and.contain("secretSettings.a__token.file: /nowhere/token cannot be read (ENOENT)")
      .and.contain("is not text in UTF-8")
      .and.contain("is empty")
      .and.contain("secretSettings.d__token: sites.blog.settings.d__token_FILE says it, too")
      .and.contain("secretSettings.e__token.secretName: a Secret is an object of Kubernetes");
    expect(checked).not.to.contain(key);
  });

  it("are nested, for Ghost reads no other from a file", () => {
    for (const name of ["adminKey", "a__", "__a"]) {
      expect(
        refusal(() => site("swarm", { [name]: { file: fileOf(key) } })),
        name,
      ).to.contain("must be nested");
    }
  });

  it("are what a secret among the settings is led to", () => {
    expect(refusal(() => site("kubernetes", {}, { [setting]: key }))).to.contain(
      `Give it under secretSettings: ${setting}: { file: PATH }`,
    );
  });

  describe("encrypted by the Pulumi CLI", () => {
    const written = { blog: { url: "http://blog.test", secretSettings: { [setting]: { secure: "v1:a:b" } } } };
    const decrypted = { blog: { url: "http://blog.test", secretSettings: { [setting]: key } } };

    it("come to the program decrypted, and are told from what stands there in plain text", () => {
      expect(withSecretsMarked("sites", decrypted, written)).to.deep.equal({
        blog: { url: "http://blog.test", secretSettings: { [setting]: { secure: key } } },
      });
      const beside = withSecretsMarked(
        "sites",
        { blog: { ...decrypted.blog, secretSettings: { [setting]: key, a__token: "plain" } } },
        { blog: { ...written.blog, secretSettings: { ...written.blog.secretSettings, a__token: "plain" } } },
      );
      expect(refusal(() => parseStackConfig({ platform: "kubernetes", kubernetes: { context: "x" }, sites: beside })))
        .to.contain("secretSettings.a__token: must be")
        .and.not.contain(key);
    });

    it("of an environment, which no file shows, are those of the secret settings", () => {
      expect(withSecretsMarked("sites", decrypted, undefined)).to.deep.equal({
        blog: { url: "http://blog.test", secretSettings: { [setting]: { secure: key } } },
      });
    });

    it("anywhere else are refused with their key", () => {
      const sites = withSecretsMarked(
        "sites",
        { blog: { url: "http://blog.test", settings: { [setting]: key } } },
        { blog: { url: "http://blog.test", settings: { [setting]: { secure: "v1:a:b" } } } },
      );
      expect(refusal(() => parseStackConfig({ platform: "swarm", sites })))
        .to.contain(`sites.blog.settings.${setting}: is encrypted (secure)`)
        .and.contain("Move it to sites.blog.secretSettings")
        .and.not.contain(key);
      expect(withSecretsMarked("mysql", { memory: "1Gi" }, undefined)).to.deep.equal({ secure: "decrypted" });
    });

    it("are the container's alone", async () => {
      const manifests = await manifestsOf({ sites: { blog: { secretSettings: { [setting]: { secure: key } } } } });
      expect(JSON.stringify(manifests.filter(({ kind }) => kind !== "Secret"))).not.to.contain(key);
      const values = manifests.flatMap(
        ({ data, kind }) => (kind === "Secret" ? Object.values(data as object) : []) as unknown[],
      );
      expect(values).to.include(base64(key));
    });

    it("are refused with their key where no Pulumi reads them", () => {
      const config = site("swarm", { [setting]: { secure: "v1:a:b" } });
      expect(refusal(() => refuseEncrypted(config, "blog")))
        .to.contain("Pulumi.blog.yaml has encrypted values, which only Pulumi can read")
        .and.contain(`sites.blog.secretSettings.${setting}: put it into a file`);
      expect(() => refuseEncrypted(site("swarm", { [setting]: { file: fileOf(key) } }), "blog")).not.to.throw();
    });
  });
});
