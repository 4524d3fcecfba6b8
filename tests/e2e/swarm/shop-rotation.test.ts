import { expect } from "chai";
import { projectDirectory } from "../../../cli/project";
import { writeStackFile } from "../../../config/edit-stack-file";
import { SteadyLoad } from "../../../drills/steady-load";
import type { PasswordReport } from "../../../ops/secrets";
import { shopImages } from "../../../sandbox/images";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { ShopClient } from "../support/shop-client";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** It deploys the shop four times: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** The shop's password of PostgreSQL is rotated while customers order. */
long("secrets rotate with the shop on Docker Swarm", () => {
  const stack = "ghost-shop";
  const postgres = `${stack}_postgres`;
  const customer = { name: "ada", password: "a long enough phrase 7" };
  let place: Place;
  let engine: Engine;
  let shop: ShopClient;

  keepStackFile("shop");

  const inside = async (service: string, ...command: string[]) => {
    const [task = ""] = await engine.tasks(service);
    return engine.docker("exec", task, ...command);
  };
  const addresses = async () => {
    const files = await inside(
      `${stack}_products`,
      "sh",
      "-c",
      "for file in /run/secrets/shop/database-url*; do cat $file; echo; done",
    );
    return files.split("\n").filter((line) => line !== "");
  };
  /** Logs in over the network, in the server's container. */
  const login = async (address: string) => {
    const [, role = "", password = ""] = /^postgresql:\/\/(\w+):(\w+)@/.exec(address) ?? [];
    const script =
      'PGPASSWORD=$(cat) psql --host 127.0.0.1 --username "$1" --dbname shop --tuples-only --no-align --command "SELECT 1"';
    const { id } = await engine.current(postgres);
    return engine
      .dockerWithInput(password, "exec", "--interactive", id, "bash", "-c", script, "login", role)
      .catch(String);
  };
  const report = async () => {
    const [found] = await place.opsJson<PasswordReport[]>("secrets list");
    return found;
  };
  const rotatedUnderLoad = async (generation: number) => {
    const server = await engine.current(postgres);
    const [former = ""] = await addresses();
    // Each asks for what goes through PostgreSQL: an order stored and read back, with the customer's session.
    const load = new SteadyLoad(async () => {
      const order = await shop.order("Ink, blue-black", 1);
      return (await shop.ask(`/api/orders/${order}`)).status;
    });
    const output = succeeded(
      await timed("npm run ops -- secrets rotate", () => place.ops("secrets rotate", "shop-postgres")),
    );
    const { failed, longestGap, requests, statuses } = await load.stop();
    console.log(`      ⏱ ${failed} of ${requests} orders failed while the password was rotated`);
    expect(failed, `${JSON.stringify(statuses)}, for ${longestGap.toFixed(0)} ms at most`).to.equal(0);
    const role = generation % 2 === 1 ? "shop_a" : "shop_b";
    expect(output).to.contain(`${role} has password ${generation} now, and no other`);
    expect(await report()).to.deep.include({ generation, inUse: [generation], username: role });
    const [present = ""] = await addresses();
    expect(await login(present)).to.equal("1");
    expect(await login(former)).to.contain("password authentication failed");
    // The server itself was not touched.
    expect(await engine.current(postgres)).to.deep.equal(server);
  };

  before(async () => {
    const found = await swarmPlace("shop", shopImages);
    ({ engine, place } = found);
    shop = new ShopClient(`http://${found.address}:8080`);
    succeeded(await timed("npm start", () => place.start()));
    for (const service of ["products", "orders", "users"]) {
      await shop.healthy(service);
    }
    await shop.ask("/api/users", customer);
    await shop.signIn(customer);
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  });

  it("S7 S11 PostgreSQL gets another password, no order is lost, and the former one is refused", () =>
    rotatedUnderLoad(2));

  it("S7 S11 and another one, with the first login again", () => rotatedUnderLoad(3));

  it("S7 S11 a restart of the server undoes no rotation, and who logs in is no superuser", async () => {
    const server = await engine.current(postgres);
    await engine.docker("rm", "--force", server.id);
    await engine.successor(postgres, server, 120);
    const [present = "", ...former] = await addresses();
    await until("PostgreSQL to take the present password", 60, async () => (await login(present)) === "1");
    for (const address of former) {
      expect(await login(address)).to.contain("password authentication failed");
    }
    await shop.healthy("orders", 60);
    const superusers = "SELECT string_agg(rolname, ',') FROM pg_authid WHERE rolsuper AND rolpassword IS NOT NULL";
    const named = ["--username", "shop", "--tuples-only", "--no-align", "--command", superusers];
    expect(await inside(postgres, "psql", ...named)).to.equal("");
  });

  it("S7 A3 a stack file from before the rotation is refused", async () => {
    const generation = (value: number) =>
      writeStackFile(projectDirectory, "shop", [{ keys: ["secrets", "generations", "shop-postgres"], value }]);
    generation(1);
    const { output, status } = await place.start();
    generation(3);
    expect(status).to.equal(1);
    expect(output).to.contain("secrets.generations.shop-postgres: is 1, and");
  });

  it("A1 destroyed and made anew with other passwords, the data take them", async () => {
    succeeded(await place.destroy());
    succeeded(await timed("npm start on kept data", () => place.start()));
    await shop.healthy("orders", 120);
    await shop.signIn(customer);
  });
});
