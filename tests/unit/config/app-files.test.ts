import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { surplus } from "../../../deploy/rendered/swarm-versions";
import { readAppFiles } from "../../../config/files/app-files";
import { temporaryDirectory } from "../../support/temporary-directory";

/** For magazine.example.com, valid until 2126; its key is nowhere. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBtzCCAVygAwIBAgIUF6c+arX3DB4J1kyY0rWDRYFz6MIwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUbWFnYXppbmUuZXhhbXBsZS5jb20wIBcNMjYxMTIxMTgwMDE4
WhgPMjEyNjEwMjgxODAwMThaMB8xHTAbBgNVBAMMFG1hZ2F6aW5lLmV4YW1wbGUu
Y29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyiuQQGi2fnSuL8DJ4qS7rWum
vHQoacs64HOA2ZjOAC/ev52LG+5OsDlZ59zt+Fftb+2EsZ7reGavt89LlDjgf6N0
MHIwHQYDVR0OBBYEFFaPAKV16RC/xlER3Br+HP4cMYl2MB8GA1UdIwQYMBaAFFaP
AKV16RC/xlER3Br+HP4cMYl2MA8GA1UdEwEB/wQFMAMBAf8wHwYDVR0RBBgwFoIU
bWFnYXppbmUuZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSQAwRgIhAI3wLUrGNVWm
KLexJSaeYoAc9MJthXeuxWEO7rhwCwTxAiEA9nW4zT0pRUWidtqf0YWEblZufDcP
Ta1TYUxMHy1dFZQ=
-----END CERTIFICATE-----
`;

describe("files that an app is given", () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
  });

  const write = (name: string, content: string) => fs.writeFileSync(path.join(directory, name), content);
  const secret = (kind: "text" | "json" | "certificate") =>
    readAppFiles(
      "wordpress.magazine",
      { secrets: { "/run/secrets/x": { file: "x", kind } } },
      "magazine.example.com",
      directory,
    );
  const config = (values: Record<string, string | number>) =>
    readAppFiles(
      "wordpress.magazine",
      { configs: { "/etc/limits.ini": { file: "x", kind: "text", values } } },
      "magazine.example.com",
      directory,
    );

  it("S7 are secrets from text, JSON and certificates", () => {
    for (const [kind, content] of [
      ["text", "a secret\n"],
      ["json", '{"user": "ada"}'],
      ["certificate", certificate],
    ] as const) {
      write("x", content);
      expect(secret(kind)).to.deep.equal({
        files: { secrets: { "/run/secrets/x": Buffer.from(content) }, configs: {} },
        mistakes: [],
      });
    }
  });

  it("S8 are configs from templates, filled in for the stack", () => {
    write("x", "upload = {{upload}}\nname = {{ name }}\n");
    expect(config({ upload: 64, name: "magazine" }).files.configs).to.deep.equal({
      "/etc/limits.ini": Buffer.from("upload = 64\nname = magazine\n"),
    });
    expect(config({ upload: 64 }).mistakes).to.deep.equal([
      "wordpress.magazine.configs./etc/limits.ini.values: x has {{name}}, for which there is no value",
    ]);
  });

  it("S7 S8 are bytes of any kind, as they are; only text can be filled in", () => {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 256));
    fs.writeFileSync(path.join(directory, "x"), bytes);
    expect(secret("text").files.secrets).to.deep.equal({ "/run/secrets/x": bytes });
    expect(config({})).to.deep.equal({ files: { secrets: {}, configs: { "/etc/limits.ini": bytes } }, mistakes: [] });
    expect(config({ upload: 64 }).mistakes).to.have.length(1);
    expect(config({ upload: 64 }).mistakes[0]).to.contain("not text in UTF-8");
  });

  for (const [what, kind, content, words] of [
    ["one that is too large", "text", "x".repeat(500 * 1024 + 1), "has 501 KiB, and a swarm takes at most 500 KiB"],
    ["one that is empty", "text", "", "is empty"],
    ["JSON that is none", "json", "{a secret}", "is not JSON"],
    ["a certificate that is none", "certificate", "a secret", "holds no certificate in PEM form"],
  ] as const) {
    it(`S8 A3 refuses ${what}, before any engine does, and quotes nothing of it`, () => {
      write("x", content);
      const [mistake = ""] = secret(kind).mistakes;
      expect(mistake).to.contain(`wordpress.magazine.secrets./run/secrets/x.file: x ${words}`);
      expect(mistake).to.not.contain("a secret");
    });
  }

  it("S7 A3 refuses a certificate for another host", () => {
    write("x", certificate);
    const { mistakes } = readAppFiles(
      "wordpress.magazine",
      { secrets: { "/run/secrets/x": { file: "x", kind: "certificate" } } },
      "other.example.com",
      directory,
    );
    expect(mistakes[0]).to.contain("a certificate for DNS:magazine.example.com, not for other.example.com");
  });

  it("S8 A3 says which file is not there", () => {
    expect(secret("text").mistakes[0]).to.contain("x cannot be read (ENOENT)");
  });
});

describe("former versions of secrets and configs", () => {
  it("S7 S8 go beyond the newest few of each, and those that the stack has now never", () => {
    const version = (object: string, digit: number) => ({
      name: `s_${object}-${String(digit).repeat(10)}`,
      at: `2026-01-0${digit}T00:00:00Z`,
    });
    const versions = [version("a", 1), version("a", 3), version("a", 2), version("a", 4), version("b", 1)];
    const declared = new Set([version("a", 4).name]);
    expect(surplus(versions, declared, 2)).to.deep.equal([version("a", 1).name]);
    expect(surplus(versions, declared, 0)).to.have.length(4);
  });
});
