import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { shopDockerfiles, users, type ShopImage } from "../../../../components/shop/settings";
import { baseImages } from "../../../../deploy/images/dockerfile";
import { projectDirectory } from "../../../../home/project";
import { defaultImages } from "../../../../config/images";

describe("S11 the Dockerfiles of the shop", () => {
  const names = Object.keys(shopDockerfiles) as ShopImage[];
  const read = (...names: string[]) => fs.readFileSync(path.join(projectDirectory, ...names), "utf8");
  const source = (name: ShopImage, file: string) => read(shopDockerfiles[name], file);
  const bases = (name: ShopImage) => baseImages(path.join(projectDirectory, shopDockerfiles[name]));
  const versions = read("sandbox", "images", "versions.env");

  it("begin with pinned images, of the versions that the shop is tested with", () => {
    for (const name of names) {
      expect(bases(name), name).to.have.length(1);
      expect(bases(name)[0]).to.match(/^docker\.io\/library\/[a-z]+:\d+\.\d+\.\d+(-|$)/);
    }
    expect(bases("shopFrontend")).to.deep.equal([defaultImages.nginx]);
    const node = /^NODE_VERSION=(.*)$/m.exec(versions)?.[1] ?? "";
    expect(bases("shopProducts")[0]).to.contain(`node:${node}-`);
    const go = /^go (\d+\.\d+)/m.exec(source("shopUsers", "go.mod"))?.[1] ?? "";
    expect(bases("shopUsers")[0]).to.contain(`golang:${go}.`);
  });

  it("copy files that are there, and every source but tests", () => {
    for (const name of names) {
      const dockerfile = source(name, "Dockerfile");
      const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = ""]) =>
        files.split(" "),
      );
      const present = fs
        .readdirSync(path.join(projectDirectory, shopDockerfiles[name]))
        .filter((file) => file !== "Dockerfile" && !/test|node_modules|__pycache__/.test(file));
      expect(copied.sort(), name).to.deep.equal(present.sort());
    }
  });

  it("run as the users that the component gives them, not as root", () => {
    for (const service of ["products", "orders", "users"] as const) {
      const id = users[service];
      expect(read("examples", "shop", service, "Dockerfile")).to.contain(`\nUSER ${id}:${id}\n`);
    }
  });
});
