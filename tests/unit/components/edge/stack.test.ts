import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { caddyConfig } from "../../../../components/edge/caddyfile";
import { authorityFile, caddyFile, type EdgeSite } from "../../../../components/edge/settings";
import { parseStackConfig } from "../../../../config/parse";
import { neededImages } from "../../../../stacks/images";
import type { SwarmStackConfig } from "../../../../config/schema";
import { publishedAddresses } from "../../../../deploy/wait/published-addresses";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";
import { temporaryDirectory } from "../../../support/temporary-directory";

const edge = { email: "me@example.com" };
const raw = {
  platform: "swarm",
  edge,
  sites: {
    blog: { url: "https://blog.example.com" },
    news: { url: "https://blog.example.com/news" },
    inside: { url: "http://plain.example.com" },
  },
  wordpress: { magazine: { url: "https://magazine.example.com" } },
  mailpit: { host: "mail.example.com" },
  monitoring: { host: "dashboards.example.com" },
};

/** The blocks of a Caddyfile by what stands before them. */
function blocks(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S*) ?\{\n([\s\S]*?)^\}/gm)].map(([, head = "", body = ""]) => [head, body]),
  );
}

describe("E1 an edge in a stack on Swarm", function () {
  this.timeout(30_000);

  it("has the ports of the whole stack, and nothing else publishes one", async () => {
    const { outputs, resources } = await declared(raw);
    const published = ofKind(resources, "Service").flatMap(({ name }) =>
      (service(resources, name).inputs.endpointSpec.ports ?? []).map(
        ({ protocol, publishMode, publishedPort, targetPort }) =>
          [name, publishMode, `${publishedPort ?? ""}:${targetPort}/${protocol ?? ""}`].join(" "),
      ),
    );
    expect(published).to.deep.equal(["edge host 80:80/tcp", "edge host 443:443/tcp", "edge host 443:443/udp"]);
    expect(ofKind(resources, "Service").map(({ name }) => name)).to.not.include("wordpress-magazine-front");
    expect(outputs).to.include({ inbox: "https://mail.example.com", dashboards: "https://dashboards.example.com" });
    const config = parseStackConfig(raw) as SwarmStackConfig;
    expect(neededImages(config).map(({ name }) => name))
      .to.include("caddy")
      .and.not.include("nginx");
  });

  it("runs as nobody in particular, with a file system it cannot write to but for its certificates", async () => {
    const { resources } = await declared(raw);
    const { container, networksAdvanceds, resources: limits } = service(resources, "edge");
    expect(container).to.deep.include({
      readOnly: true,
      user: "65532:65532",
      capDrops: ["ALL"],
      capAdds: ["NET_BIND_SERVICE"],
    });
    expect(limits?.limits?.memoryBytes).to.equal(256 * 2 ** 20);
    expect(container.mounts?.map(({ source, target, type }) => [type, source, target].join(" "))).to.deep.equal([
      "volume ghost-test_edge-certificates /tmp",
    ]);
    expect(networksAdvanceds).to.have.length(2);
    const without = await declared({ ...raw, monitoring: { dashboards: false } });
    expect(service(without.resources, "edge").networksAdvanceds).to.have.length(1);
  });

  it("hands each host and path to its site, the longest path first, and leads from http to https", async () => {
    const found = blocks(await configOf(raw));
    const blog = found["https://blog.example.com"] ?? "";
    expect(blog.indexOf("path /news /news/*")).to.be.greaterThan(0);
    expect(blog.indexOf("reverse_proxy http://ghost-news:2368")).to.be.lessThan(
      blog.indexOf("reverse_proxy http://ghost-blog:2368"),
    );
    expect(found["http://blog.example.com"]).to.contain("redir https://blog.example.com{uri} 308");
    expect(found["http://plain.example.com"]).to.contain("ghost-inside:2368");
    expect(found).to.not.have.property("https://plain.example.com");
    expect(found["https://magazine.example.com"])
      .to.contain("http://wordpress-magazine:80")
      .and.contain(`max_size ${65 * 2 ** 20}`);
    expect(found["https://mail.example.com"]).to.contain("http://mailpit:8025");
    expect(found["https://dashboards.example.com"]).to.contain("http://grafana:3000");
    expect(found["http://"]).to.contain("404");
    expect(found["https://"]).to.contain("404");
  });

  it("names the port in redirects where it is not the one that https has by itself", async () => {
    const other = {
      ...raw,
      edge: { ...edge, httpPort: 8000, httpsPort: 8443 },
      sites: { blog: { url: "https://blog.example.com:8443" } },
      wordpress: {},
    };
    const { resources } = await declared({ ...other, sites: { blog: { url: "https://blog.example.com:8443" } } });
    const text = contentOf(configIn(resources));
    expect(text).to.contain("redir https://blog.example.com:8443{uri} 308").and.contain('h3=\\":8443\\"');
    expect(text).to.contain("redir https://mail.example.com:8443{uri} 308");
  });

  it("E2 leads from other hosts to the site's, has its admin at a host of its own, and takes no more than it says", async () => {
    const blog = {
      url: "https://blog.example.com",
      aliases: ["www.blog.example.com"],
      adminUrl: "https://admin.example.com",
      maxUpload: "2Mi",
    };
    const stack = { ...raw, sites: { ...raw.sites, blog } };
    const found = blocks(await configOf(stack));
    for (const scheme of ["http", "https"]) {
      expect(found[`${scheme}://www.blog.example.com`]).to.contain("redir https://blog.example.com{uri} 308");
    }
    // Caddy's own words would name its port inside the container.
    expect(found["https://www.blog.example.com"]).to.contain('h3=\\":443\\"');
    expect(found["https://"]).to.contain("header -Alt-Svc");
    expect(found["https://admin.example.com"])
      .to.contain("http://ghost-blog:2368")
      .and.contain(`max_size ${2 ** 21}`);
    const { resources } = await declared(stack);
    expect(service(resources, "ghost-blog").container.env).to.include({ admin__url: "https://admin.example.com" });
    expect(String(service(resources, "ghost-blog").container.healthcheck?.tests)).to.contain("Host: admin.example.com");
    const asked = publishedAddresses(parseStackConfig(stack) as SwarmStackConfig);
    expect(asked.map(({ request, what }) => [what, request.headers["Host"]])).to.deep.include.members([
      ["site blog", "admin.example.com"],
      ["host blog.example.com", "blog.example.com"],
      ["host www.blog.example.com", "www.blog.example.com"],
    ]);
  });

  it("E4 hands what is asked in ActivityPub to Ghost's makers, with the site's own host, where they can reach the site", async () => {
    const asked = async (site: object, more: object = {}) => {
      const sites = { blog: { url: "https://blog.example.com", ...site } };
      const { resources } = await declared({ ...raw, ...more, sites, wordpress: {} });
      const text = contentOf(configIn(resources));
      return /handle @activitypub \{[\s\S]*?reverse_proxy (\S+) \{([\s\S]*?)\n\t\t\t\t\}/.exec(text)?.slice(1) ?? [];
    };
    const [server, options] = await asked({});
    expect(server).to.equal("https://ap.ghost.org");
    expect(options).to.contain("header_up Host {http.request.host}").and.contain("tls_server_name ap.ghost.org");
    const [own, ownOptions] = await asked({ activityPub: "http://activitypub:8080" });
    expect(own).to.equal("http://activitypub:8080");
    expect(ownOptions).to.contain("header_up Host").and.not.contain("tls_server_name");
    for (const [without, more] of [
      [{ activityPub: "off" }],
      [{ url: "http://blog.example.com" }],
      [{ url: "https://blog.internal" }],
      [{ url: "https://blog.example.com/news" }],
      [{}, { edge: { certificates: "internal" } }],
      [{}, { edge: { ...edge, acme: { directory: "https://acme.example.com/directory" } } }],
    ] as [object, object?][]) {
      expect(await asked(without, more), JSON.stringify([without, more])).to.deep.equal([]);
    }
  });

  it("E6 closes the admin to all but some networks, and not what readers and other servers ask below it", async () => {
    const stack = (site: object) => ({
      ...raw,
      sites: { blog: { url: "https://blog.example.com", ...site } },
      wordpress: {},
    });
    expect(await configOf(stack({}))).to.not.contain("client_ip");
    const text = await configOf(stack({ adminFrom: ["10.8.0.0/24", "fd12::/48"] }));
    const [closed = ""] = /@closed0 \{[\s\S]*?respond [^\n]*/.exec(text) ?? [];
    expect(closed)
      .to.contain("path /ghost /ghost/*")
      .and.contain("not path /ghost/api/content/* /ghost/.well-known/*")
      .and.contain("path /ghost/api/admin/site/ /ghost/api/admin/authentication/setup/")
      .and.contain("not client_ip 10.8.0.0/24 fd12::/48")
      .and.contain("403");
    expect(text.indexOf("@closed0")).to.be.lessThan(text.indexOf("reverse_proxy http://ghost-blog:2368"));
    const below = await configOf(stack({ url: "https://blog.example.com/news", adminFrom: ["10.8.0.0/24"] }));
    expect(below).to.contain("path /news/ghost /news/ghost/*");
    const atBoth = await configOf(stack({ adminUrl: "https://admin.example.com", adminFrom: ["10.8.0.0/24"] }));
    expect(atBoth.match(/not client_ip/g)).to.have.length(2);
  });

  it("E4 is found inside of the stack under the hosts of the sites, at the ports that their addresses name", async () => {
    const names = async (stack: object) => {
      const { resources } = await declared({ ...raw, wordpress: {}, ...stack });
      return (service(resources, "edge").networksAdvanceds ?? []).map(({ aliases }) => aliases);
    };
    const blog = { url: "https://blog.example.com", aliases: ["www.blog.example.com"] };
    const [frontend] = await names({ sites: { blog, inside: { url: "http://plain.example.com" } } });
    expect(frontend).to.include.members(["edge", "blog.example.com", "www.blog.example.com", "plain.example.com"]);
    const elsewhere = { edge: { ...edge, httpsPort: 8443 }, sites: { blog } };
    expect((await names(elsewhere))[0], "port 443 is somebody else's").to.not.include("blog.example.com");
  });

  it("E2 believes nobody's word for the reader's address but that of proxies it is told of, and then tells sites that alone", async () => {
    const config = async (more: object) =>
      contentOf(configIn((await declared({ ...raw, edge: { ...edge, ...more } })).resources));
    const alone = await config({});
    expect(alone).to.not.contain("trusted_proxies").and.to.not.contain("header_up X-Forwarded-");
    const behind = await config({ trustedProxies: ["173.245.48.0/20", "2400:cb00::/32"] });
    expect(behind)
      .to.contain("trusted_proxies static 173.245.48.0/20 2400:cb00::/32")
      .and.contain("trusted_proxies_strict");
    const { "https://blog.example.com": blog = "", "http://plain.example.com": plain = "" } = blocks(behind);
    for (const [block, protocol] of [
      [blog, "https"],
      [plain, "http"],
    ] as const) {
      expect(block)
        .to.contain("header_up X-Forwarded-For {client_ip}")
        .and.contain("header_up X-Forwarded-Host {http.request.hostport}")
        .and.contain(`header_up X-Forwarded-Proto ${protocol}\n`);
    }
    const sites = { ...raw.sites, blog: { url: "https://blog.example.com", adminFrom: ["173.245.48.7/32"] } };
    expect(() => parseStackConfig({ ...raw, sites, edge: { ...edge, trustedProxies: ["173.245.48.0/20"] } })).to.throw(
      "Name there the networks of the proxies alone",
    );
  });

  it("E5 waits for a site with GET and HEAD alone, as long as told, and not for one in maintenance", () => {
    const site = (more: Partial<EdgeSite>): string =>
      caddyConfig({
        sites: [{ url: "https://a.test", upstream: "a:1", waitsForStart: true, ...more }],
        https: { certificates: "acme", httpsPort: 443 },
        httpPort: 80,
        wait: "2m",
      });
    expect(site({})).to.contain("lb_try_duration 120s");
    const matches = [...site({}).matchAll(/lb_retry_match \{\n([^}]*(?:\{[^}]*\}[^}]*)*?)\n\t*\}/g)].map(
      ([, body]) => body,
    );
    expect(matches).to.have.length(2);
    expect(matches.every((body) => body?.includes("method GET HEAD"))).to.equal(true);
    expect(site({ waitsForStart: false })).to.not.contain("rp.status_code");
  });

  it("asks a private authority, whose root and account it is given as files", async () => {
    const directory = temporaryDirectory();
    const [caFile, macKeyFile] = [path.join(directory, "root.pem"), path.join(directory, "mac")];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"];
    execFileSync("openssl", [...request, "-keyout", path.join(directory, "key"), "-out", caFile], { stdio: "ignore" });
    fs.writeFileSync(macKeyFile, "zWNDZM6eQGHWpSRT");
    const acme = { directory: "https://ca.internal:14000/dir", caFile, externalAccount: { keyId: "k-1", macKeyFile } };
    const { resources } = await declared({ ...raw, edge: { acme } });
    const text = contentOf(configIn(resources));
    expect(text).to.contain('acme_ca "https://ca.internal:14000/dir"').and.contain("acme_ca_root ");
    const { container } = service(resources, "edge");
    expect(container.configs?.map(({ fileName }) => fileName)).to.deep.equal([caddyFile, authorityFile]);
    const [secret] = container.secrets ?? [];
    expect(text)
      .to.contain(`import ${secret?.fileName ?? "nothing"}`)
      .and.not.contain("zWNDZM6eQGHWpSRT");
    const kept = ofKind(resources, "Secret").find(({ inputs }) => inputs["name"] === secret?.secretName);
    expect(kept && contentOf(kept)).to.contain('mac_key "zWNDZM6eQGHWpSRT"');
    const publicly = await configOf(raw);
    expect(publicly).to.contain('email "me@example.com"').and.not.contain("acme_ca");
  });

  it("tells a browser to stay with https only where it will know the certificate", async () => {
    const internal = { ...raw, edge: { certificates: "internal" } };
    expect(await configOf(raw)).to.contain("Strict-Transport-Security");
    expect(await configOf(internal)).to.not.contain("Strict-Transport-Security");
    expect(await configOf(internal)).to.contain("local_certs");
    const local = { ...raw, sites: { ...raw.sites, wiki: { url: "https://wiki.internal" } } };
    expect(blocks(await configOf(local))["https://wiki.internal"]).to.not.contain("Strict-Transport-Security");
  });

  it("is where the monitoring asks, as readers do: over https for the site's host", async () => {
    const { resources } = await declared(raw);
    const asked = (app: string, file: string) =>
      service(resources, app).container.configs?.find(({ fileName }) => fileName.endsWith(file))?.configName;
    const text = (name: string | undefined) => {
      const found = ofKind(resources, "ServiceConfig").find(({ inputs }) => inputs["name"] === name);
      return found ? contentOf(found) : "";
    };
    const { scrape_configs: jobs } = parse(text(asked("prometheus", "prometheus.yml"))) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[]; labels: Record<string, string> }[] }[];
    };
    const sites = jobs.find(({ job_name }) => job_name === "sites")?.static_configs ?? [];
    expect(sites.map(({ labels, targets }) => [labels["name"], ...targets])).to.deep.include.members([
      ["blog", "https://edge:443/ghost/api/admin/authentication/setup/"],
      ["inside", "http://edge:80/ghost/api/admin/authentication/setup/"],
      ["magazine", "https://edge:443/wp-admin/install.php?step=1"],
    ]);
    const { modules } = parse(text(asked("blackbox-exporter", "blackbox.yml"))) as {
      modules: Record<string, { http: { tls_config?: object } }>;
    };
    expect(modules["sites-magazine"]?.http.tls_config).to.deep.equal({
      server_name: "magazine.example.com",
      insecure_skip_verify: true,
    });
    expect(modules["sites-inside"]?.http.tls_config).to.equal(undefined);
  });

  it("is where npm start, status and diagnose ask: by host, at the ports of the edge", () => {
    const addresses = publishedAddresses(parseStackConfig(raw) as SwarmStackConfig);
    const asked = addresses.map(({ port, request, secure, what }) => [what, request.headers["Host"], port, secure]);
    expect(asked).to.deep.equal([
      ["site blog", "blog.example.com", 443, true],
      ["site news", "blog.example.com", 443, true],
      ["site inside", "plain.example.com", 80, false],
      ["site magazine", "magazine.example.com", 443, true],
      ["inbox", "mail.example.com", 443, true],
      ["dashboards", "dashboards.example.com", 443, true],
    ]);
    const { mailpit: _inbox, monitoring: _dashboards, ...unnamed } = raw;
    const config = parseStackConfig({ ...unnamed, monitoring: {} }) as SwarmStackConfig;
    expect(publishedAddresses(config).map(({ what }) => what)).to.not.include.members(["inbox", "dashboards"]);
  });
});

async function configOf(stack: object): Promise<string> {
  // The smallest stack's own site has a port, which is of no use here.
  const { resources } = await declared({ ...stack });
  return contentOf(configIn(resources));
}

function configIn(resources: Awaited<ReturnType<typeof declared>>["resources"]) {
  const { container } = service(resources, "edge");
  const name = container.configs?.find(({ fileName }) => fileName === caddyFile)?.configName;
  const found = ofKind(resources, "ServiceConfig").find(({ inputs }) => inputs["name"] === name);
  if (!found) {
    throw new Error(`there is no config ${String(name)}`);
  }
  return found;
}
