import { expect } from "chai";
import * as fc from "fast-check";
import { isSecretName, withoutCredentials } from "../../../config/values/credentials";
import { mergeConfig, type RawConfig } from "../../../config/files/machine";
import { isSystemFolder } from "../../../config/swarm/node-directory";
import { parseStackConfig } from "../../../config/parse";
import { manualVolumeSpec } from "../../../platforms/kubernetes/storage/persistent-volume";
import { anyStack } from "../../support/stacks";

const bases: Record<string, RawConfig> = {
  kubernetes: { platform: "kubernetes", kubernetes: { context: "test" }, sites: { a: { url: "http://a.test" } } },
  swarm: { platform: "swarm", sites: { a: { url: "http://a.test:2368" } } },
};
const site = (keys: object): RawConfig => ({ sites: { a: keys } });
const storage = (driverOptions: object, more: object = {}) => site({ storage: { driverOptions, ...more } });
const preset = (keys: object): RawConfig => ({ kubernetes: { podPresets: [{ name: "p", selector: {}, ...keys }] } });

function mistakesOf(platform: string, more: RawConfig): string[] {
  try {
    parseStackConfig(mergeConfig(bases[platform] ?? {}, more));
  } catch (error) {
    return (error as Error).message.split("\n").slice(1);
  }
  return [];
}

/** Each is refused with exactly one mistake, at this key. */
function refused(platform: string, examples: readonly (readonly [more: RawConfig, key: string])[]) {
  for (const [more, key] of examples) {
    const mistakes = mistakesOf(platform, more);
    expect(
      mistakes.map((mistake) => mistake.slice(4).split(": ")[0]),
      JSON.stringify([more, mistakes]),
    ).to.deep.equal([key]);
    expect(mistakes.join("\n"), JSON.stringify(more)).not.to.contain("hunter2");
  }
}

describe("secrets where everybody would read them", () => {
  it("J2 are refused in an address, whatever key it stands in", () => {
    const address = "http://me:hunter2@b.test";
    refused("swarm", [
      [site({ url: `${address}:1` }), "sites.a.url"],
      [{ wordpress: { w: { url: `${address}:2` } } }, "wordpress.w.url"],
      [site({ settings: { admin__url: address } }), "sites.a.settings.admin__url"],
      [
        site({ settings: { adapters__cache: `{"url":"redis://:hunter2@cache:6379/0"}` } }),
        "sites.a.settings.adapters__cache",
      ],
      [site({ settings: { x__url: "https://b.test/hook?token=hunter2" } }), "sites.a.settings.x__url"],
      [site({ settings: { x__url: "https://b.test/blob?a=b&sig=hunter2" } }), "sites.a.settings.x__url"],
      [site({ settings: { x__url: "https://ghp_hunter2@b.test" } }), "sites.a.settings.x__url"],
      [{ swarm: { host: "tcp://me:hunter2@b.test:2376" } }, "swarm.host"],
      [{ swarm: { host: "ssh://me:hunter2@b.test" } }, "swarm.host"],
      [
        { swarm: { nodes: { n: { host: "ssh://me@10.0.0.1", role: "manager", stop: `curl ${address}` } } } },
        "swarm.nodes.n.stop",
      ],
      [storage({ type: "cifs", o: "rw", device: "//me:hunter2@b.test/x" }), "sites.a.storage.driverOptions.device"],
      [
        site({ storage: { driver: "p", driverOptions: { endpoint: address } } }),
        "sites.a.storage.driverOptions.endpoint",
      ],
      [
        site({ configs: { "/run/x": { file: "package.json", values: { endpoint: address } } } }),
        "sites.a.configs./run/x.values.endpoint",
      ],
    ]);
    refused("kubernetes", [
      [
        site({ ingress: { annotations: { "a.test/auth-url": address } } }),
        "sites.a.ingress.annotations.a.test/auth-url",
      ],
      [site({ logForwarder: { url: "https://b.test/push?api_key=hunter2" } }), "sites.a.logForwarder.url"],
      [preset({ env: [{ name: "HTTPS_PROXY", value: address }] }), "kubernetes.podPresets.0.env.0.value"],
      [
        preset({ volumes: [{ name: "v", csi: { driver: "d", volumeAttributes: { source: "//me:hunter2@b/x" } } }] }),
        "kubernetes.podPresets.0.volumes.0.csi.volumeAttributes.source",
      ],
    ]);
  });

  it("J2 are refused under names that say what they are", () => {
    const settings = [
      "mail__options__auth__pass",
      "storage__s3__secretAccessKey",
      "bulkEmail__mailgun__apiKey",
      "tinybird__adminToken",
      "a__key",
      "x__password2",
      "DB_PASSWD",
    ];
    refused("kubernetes", [
      ...settings.map(
        (name) =>
          [
            mergeConfig({ mailpit: { enabled: false } }, site({ settings: { [name]: "hunter2" } })),
            `sites.a.settings.${name}`,
          ] as const,
      ),
      [site({ settings: { adapters__storage: `{"s3":{"secret":"hunter2"}}` } }), "sites.a.settings.adapters__storage"],
      [preset({ env: [{ name: "API_TOKEN", value: "hunter2" }] }), "kubernetes.podPresets.0.env.0.value"],
      [
        preset({ volumes: [{ name: "v", csi: { driver: "d", volumeAttributes: { password: "hunter2" } } }] }),
        "kubernetes.podPresets.0.volumes.0.csi.volumeAttributes.password",
      ],
    ]);
    const cifs = (o: string) => storage({ type: "cifs", o, device: "//b.test/x" });
    refused("swarm", [
      ...[
        "username=me,password=hunter2",
        "rw,pass=hunter2",
        "user=me%hunter2",
        "credentials=/root/x",
        "cred=/root/x",
      ].map((o) => [cifs(o), "sites.a.storage.driverOptions.o"] as const),
      [storage({ type: "ceph", o: "name=a,secret=hunter2", device: ":/" }), "sites.a.storage.driverOptions.o"],
      [storage({ type: "ceph", o: "name=a,secretfile=/root/x", device: ":/" }), "sites.a.storage.driverOptions.o"],
      [
        { mysql: { storage: { driver: "vieux/sshfs", driverOptions: { password: "hunter2" } } } },
        "mysql.storage.driverOptions.password",
      ],
      [{ mysql: { options: { report_password: "hunter2" } } }, "mysql.options.report_password"],
      [
        site({ configs: { "/run/x": { file: "package.json", values: { apiKey: "hunter2" } } } }),
        "sites.a.configs./run/x.values.apiKey",
      ],
    ]);
  });

  it("J2 come all at once, and with what to do", () => {
    const mistakes = mistakesOf("swarm", {
      sites: {
        a: {
          settings: { x__token: "hunter2", y__url: "http://a:hunter2@b" },
          storage: { driverOptions: { type: "cifs", o: "password=hunter2", device: "//b/x" } },
        },
      },
      mysql: { memory: "1Ki" },
    });
    expect(mistakes).to.have.length(4);
    expect(mistakes.join("\n"))
      .to.contain("Give it under secretSettings: x__token:")
      .and.contain("Give it under secretSettings: y__url:")
      .and.contain("device /mnt/shared/NAME, and sites.a.storage.shared true");
  });

  it("J2 are not seen where there are none", () => {
    for (const text of [
      "https://x.test/@me",
      "http://localhost:8080/@me",
      "https://[::1]:80/@me",
      "ssh://me@host",
      "me@x.test",
      "see https://a.test, b@c",
      "//server/share",
      "https://a.test/?page=2&q=a@b",
      "git+ssh://git@x.test/y",
    ]) {
      expect(withoutCredentials(text, "url"), text).to.equal(text);
    }
    expect(withoutCredentials("https://public@o1.ingest.sentry.io/1", "sentry__dsn")).to.contain("public@");
    for (const name of [
      "accessKeyId",
      "publicKey",
      "tokenExpiry",
      "caching__x__maxAge",
      "keyPrefix",
      "bypass",
      "monkey",
      "passwordFile",
      "auth__pass_FILE",
      "compass",
    ]) {
      expect(isSecretName(name), name).to.equal(false);
    }
    expect(
      mistakesOf(
        "swarm",
        site({ settings: { a__token: "true", b__key: "/run/secrets/b", sentry__dsn: "https://p@s.test/1" } }),
      ),
    ).to.deep.equal([]);
    expect(mistakesOf("swarm", storage({ type: "ceph", o: "name=a,key=client.a", device: ":/" }))).to.deep.equal([]);
    fc.assert(
      fc.property(anyStack, (stack) => void parseStackConfig(stack)),
      { numRuns: 50 },
    );
  });
});

describe("directories of a node", () => {
  const wrong = [
    "/",
    "//",
    "/./",
    "/srv",
    "/srv/",
    "/srv/..",
    "/srv/../etc/x",
    "/etc",
    "/etc/ghost",
    "//etc//x",
    "/usr/local/x",
    "/var",
    "/var/lib",
    "/var/lib/",
    "/var/log",
    "/var/run/x",
    "/var/lib/docker/volumes/x",
    "/var/lib/kubelet",
    "/home",
    "/home/me",
    "/root/mail",
    "/proc/1",
    "/sys/x",
    "/dev/sda",
    "/boot/x",
    "/run/x",
    "/bin/x",
    "/lib64/x",
    "/libexec/x",
    "relative/x",
    "",
  ];
  const right = [
    "/srv/mail",
    "/mnt/shared/blog",
    "/var/lib/ghost",
    "/home/me/mail",
    "/opt/x/",
    "/tmp/pv-mailpit",
    "/data/a",
    "/var/lib/dockerfiles",
  ];

  it("J3 that are the system's, or everybody's, are told however they are written", () => {
    expect(wrong.filter((place) => !isSystemFolder(place))).to.deep.equal([]);
    expect(right.filter((place) => isSystemFolder(place))).to.deep.equal([]);
  });

  it("J3 are refused for an app's data on both platforms", () => {
    for (const directory of wrong.filter((place) => place !== "" && !place.includes(".."))) {
      const hostPath = { kubernetes: { podSecurity: "baseline" }, mailpit: { storage: { hostPath: directory } } };
      expect(mistakesOf("kubernetes", hostPath).join(), directory).to.contain("- mailpit.storage.hostPath: must be");
      expect(() => manualVolumeSpec({ size: "1Gi" }, { hostPath: directory })).to.throw(
        "hostPath: must be a folder of a node",
      );
    }
    for (const device of wrong.filter((place) => place !== "")) {
      for (const options of [
        { type: "none", o: "bind" },
        { type: "none", o: "rw,rbind" },
        { type: "ext4", o: "bind" },
        { type: "bind", o: "rw" },
      ]) {
        for (const [more, key] of [
          [storage({ ...options, device }), "sites.a"],
          [{ monitoring: { storage: { driverOptions: { ...options, device } } } }, "monitoring"],
        ] as const) {
          expect(mistakesOf("swarm", more).join(), device).to.contain(
            `- ${key}.storage.driverOptions.device: must be a folder of a node`,
          );
        }
      }
    }
    expect(
      mistakesOf("swarm", storage({ type: "none", o: "bind", device: "/mnt/shared/a" }, { shared: true })),
    ).to.deep.equal([]);
    expect(mistakesOf("swarm", storage({ type: "nfs", o: "addr=10.0.0.9", device: ":/" }))).to.deep.equal([]);
    expect(mistakesOf("swarm", storage({ type: "ext4", device: "/dev/sdb1" }))).to.deep.equal([]);
  });

  it("J3 are refused in pod presets, but for what is only read below /etc and /usr", () => {
    const volume = (path: string, readOnly?: boolean) =>
      mergeConfig(
        preset({
          volumes: [{ name: "v", hostPath: { path } }],
          volumeMounts: [{ name: "v", mountPath: "/x", readOnly }],
        }),
        {},
      );
    const privileged = (raw: RawConfig) => ({
      kubernetes: { ...(raw["kubernetes"] as object), podSecurity: "privileged" },
    });
    refused("kubernetes", [[volume("/srv/x"), "kubernetes.podPresets.0.volumes.0.hostPath"]]);
    for (const path of ["/", "/etc/x", "/run/containerd", "/usr/../etc/x"]) {
      refused("kubernetes", [[privileged(volume(path)), "kubernetes.podPresets.0.volumes.0.hostPath.path"]]);
    }
    refused("kubernetes", [
      [privileged(volume("/etc/../root/x", true)), "kubernetes.podPresets.0.volumes.0.hostPath.path"],
    ]);
    expect(mistakesOf("kubernetes", privileged(volume("/etc/localtime", true)))).to.deep.equal([]);
    expect(mistakesOf("kubernetes", privileged(volume("/srv/x")))).to.deep.equal([]);
    refused("kubernetes", [
      [preset({ volumes: [{ name: "v", nfs: { server: "s", path: "/x" } }] }), "kubernetes.podPresets.0.volumes.0.nfs"],
    ]);
  });
});

describe("text that nothing can hold", () => {
  it("D5 is refused wherever it stands, all at once", () => {
    const [nul, half] = ["a\0b", "\ud83d"];
    const mistakes = mistakesOf("kubernetes", {
      kubernetes: { podPresets: [{ name: "p", selector: {}, env: [{ name: "X", value: nul }] }] },
      mysql: { options: { init_connect: nul } },
      sites: {
        a: { settings: { x: nul, y: half, [`z${half}`]: "1" }, ingress: { annotations: { q: `${half}x` } } },
        [nul]: { url: "http://b.test" },
      },
    });
    expect(mistakes.map((mistake) => mistake.slice(4).split(": ")[0])).to.have.members([
      "kubernetes.podPresets.0.env.0.value",
      "mysql.options.init_connect",
      "sites.a.settings.x",
      "sites.a.settings.y",
      String.raw`sites.a.settings.z\ud83d`,
      "sites.a.ingress.annotations.q",
      String.raw`sites.a\u0000b`,
    ]);
    expect(mistakes.join("")).not.to.match(/\0|\p{Surrogate}/u);
    expect(mistakesOf("kubernetes", site({ settings: { x: "😀 \u0001 \ufffd" } }))).to.deep.equal([]);
  });
});
