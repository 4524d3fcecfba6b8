import { expect } from "chai";
import type { RawConfig } from "../../../../config/files/machine";
import type { NewerImage } from "../../../../ops/images/newer";
import { RegistrySilent } from "../../../../ops/images/registry";
import { planned, runningReference, type Known } from "../../../../ops/upgrade/plan";

const ghost = "docker.io/library/ghost:6.65.0";
const mysql = "docker.io/library/mysql:8.4.11";
const mailpit = "docker.io/axllent/mailpit:v1.30.5";

function known(over: Partial<Known> & { images?: RawConfig } = {}): Known {
  const { images, ...more } = over;
  return {
    stack: "swarm",
    file: {
      platform: "swarm",
      sites: { blog: { url: "http://localhost:2368" } },
      ...(images ? { images } : {}),
    },
    machine: {},
    running: [ghost, mysql, mailpit],
    to: [],
    newer: () => Promise.resolve([]),
    digest: () => Promise.reject(new RegistrySilent("docker.io", "nobody answers")),
    acceptUnknown: false,
    ...more,
  };
}

async function plan(over: Parameters<typeof known>[0]) {
  const found = await planned(known(over));
  if ("nothing" in found) {
    throw new Error(`nothing: ${found.nothing.join(" ")}`);
  }
  return found;
}

async function refused(over: Parameters<typeof known>[0]): Promise<string> {
  try {
    await planned(known(over));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was not refused");
}

describe("the plan of an upgrade", () => {
  it("B7 takes what the person names, and knows whose databases it migrates", async () => {
    const { images, migrates, sites } = await plan({ to: ["ghost=6.70.0"] });
    expect(images).to.deep.equal([
      {
        name: "ghost",
        key: ["images", "ghost"],
        before: ghost,
        after: "docker.io/library/ghost:6.70.0",
        written: null,
      },
    ]);
    expect(migrates).to.equal(true);
    expect(sites.map(({ database, site }) => [site, database])).to.deep.equal([["blog", "ghost_blog"]]);
  });

  it("B7 takes a whole reference, with a digest, and another registry's", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const to = [`ghost=registry.example.com:5000/ghost:6.70.0@${digest}`];
    expect((await plan({ to })).images[0]?.after).to.equal(`registry.example.com:5000/ghost:6.70.0@${digest}`);
    expect((await plan({ to: [`ghost=6.70.0@${digest}`] })).images[0]?.after).to.equal(
      `docker.io/library/ghost:6.70.0@${digest}`,
    );
  });

  it("B7 pins the new image as the old one was, or says that it cannot", async () => {
    const [old, fresh] = ["a", "c"].map((letter) => `sha256:${letter.repeat(64)}`);
    const pinned = { images: { ghost: `${ghost}@${old}` }, running: [`${ghost}@${old}`, mysql, mailpit] };
    const { images } = await plan({ ...pinned, to: ["ghost=6.70.0"], digest: () => Promise.resolve(fresh ?? "") });
    expect(images[0]).to.deep.include({
      before: `${ghost}@${old}`,
      after: `docker.io/library/ghost:6.70.0@${fresh}`,
      written: `${ghost}@${old}`,
    });
    expect(await refused({ ...pinned, to: ["ghost=6.70.0"] })).to.contain("--to ghost=6.70.0@sha256:…");
  });

  it("B7 takes what the stack file names already, and remembers what runs", async () => {
    const { images } = await plan({ images: { ghost: "docker.io/library/ghost:6.70.0" } });
    expect(images[0]).to.deep.include({
      before: ghost,
      after: "docker.io/library/ghost:6.70.0",
      written: ghost,
    });
    const pinned = await plan({ images: { ghost }, to: ["ghost=6.70.0"] });
    expect(pinned.images[0]?.written).to.equal(ghost);
  });

  it("B7 takes the newest of the same major version where nothing is named, databases' migrations apart", async () => {
    const newer: NewerImage[] = [
      { name: "ghost", reference: ghost, sameMajor: "6.70.0", laterMajor: "7.0.0" },
      { name: "mysql", reference: mysql, sameMajor: "8.4.12" },
      { name: "mailpit", reference: mailpit, sameMajor: "v1.31.0" },
    ];
    const { images, remarks } = await plan({ newer: () => Promise.resolve(newer) });
    expect(images.map(({ name }) => name)).to.deep.equal(["ghost"]);
    expect(remarks.join("\n"))
      .to.contain("ghost: there is 7.0.0, a later major version")
      .and.to.contain("mailpit: there is v1.31.0. It is changed by hand")
      .and.to.contain("mysql: upgraded by the next upgrade");
  });

  it("B7 says what no registry told", async () => {
    const newer: NewerImage[] = [{ name: "ghost", reference: ghost, unknown: "nobody answers" }];
    expect(await planned(known({ newer: () => Promise.resolve(newer) }))).to.deep.equal({
      nothing: ["Nothing newer is known.", "ghost: nobody answers"],
    });
  });

  for (const [words, to, says] of [
    ["a version that is older", ["ghost=6.64.0"], "is older than docker.io/library/ghost:6.65.0, which runs"],
    ["a jump over a major version", ["ghost=8.0.0"], "one major version at a time"],
    ["a major version that nobody here knows", ["ghost=7.0.0"], "To go on with that: --accept-unknown"],
    ["a tag without a version", ["ghost=latest"], "its tag does not say"],
    ["another line of MySQL", ["mysql=9.8.0"], 'mysql.acceptUpgrade: "9.8"'],
    ["an image whose data nobody knows about", ["mailpit=v1.31.0"], "It is changed by hand"],
    ["two that must go back one without the other", ["ghost=6.70.0", "mysql=8.4.12"], "First mysql"],
    ["what the stack does not run", ["wordpress=7.2.0"], "Its images: "],
    ["what is no reference", ["ghost=a b"], "name an image that the stack runs"],
    ["what is no tag", ["ghost=!"], "is no reference of an image"],
  ] as const) {
    it(`B7 refuses ${words}`, async () => {
      expect(await refused({ to })).to.contain(says);
    });
  }

  it("B7 goes on with what cannot be known where it is told to", async () => {
    const { remarks } = await plan({ to: ["ghost=7.0.0"], acceptUnknown: true });
    expect(remarks.join()).to.contain("Its release notes say what it needs");
    expect(await refused({ to: ["ghost=8.0.0"], acceptUnknown: true })).to.contain("one major version at a time");
  });

  it("B7 refuses an image that this machine's settings put over the stack file", async () => {
    const machine = { images: { ghost: "local/ghost:1.0" } };
    expect(await refused({ to: ["ghost=6.70.0"], machine, running: ["local/ghost:1.0", mysql, mailpit] })).to.contain(
      "this machine's settings name another image",
    );
  });

  it("B7 refuses where it is not known what runs", async () => {
    expect(await refused({ to: ["ghost=6.70.0"], running: [mysql, mailpit] })).to.contain(
      "ghost: the stack file names docker.io/library/ghost:6.65.0, which no container runs",
    );
  });

  it("B7 has nothing to do where that runs already", async () => {
    expect(await planned(known({ to: ["ghost=6.65.0"] }))).to.have.property("nothing");
  });

  it("B7 knows which image runs, whatever an engine has put behind its tag", () => {
    const digest = `@sha256:${"b".repeat(64)}`;
    expect(runningReference(ghost, [`${ghost}${digest}`])).to.equal(ghost);
    expect(runningReference(ghost, ["ghost:6.65.0"])).to.equal(ghost);
    expect(runningReference(`${ghost}${digest}`, [`${ghost}${digest}`])).to.equal(`${ghost}${digest}`);
    expect(runningReference("docker.io/library/ghost:6.70.0", [`${ghost}${digest}`])).to.equal(ghost);
    expect(runningReference("docker.io/library/ghost:6.70.0", [ghost, "docker.io/library/ghost:6.64.0"])).to.equal(
      undefined,
    );
    expect(runningReference(ghost, ["docker.io/other/ghost:6.65.0"])).to.equal(undefined);
  });
});
