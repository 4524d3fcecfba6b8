import assert from "node:assert/strict";
import { test } from "node:test";
import { firstProducts, health, isRefusal, refusedBy, route } from "./products.mjs";

test("knows its pages", () => {
  assert.deepEqual(route("/products"), { page: "list" });
  assert.deepEqual(route("/products/3"), { page: "one", id: 3 });
  for (const path of ["/", "/products/", "/products/x", "/products/3/4", `/products/${"9".repeat(16)}`]) {
    assert.deepEqual(route(path), { page: "none" });
  }
});

test("health names what is away", () => {
  const { body, status } = health({ postgres: undefined, redis: new Error("connection refused") });
  assert.equal(status, 503);
  assert.deepEqual(body, { status: "unhealthy", checks: { postgres: "ok", redis: "failed" } });
  assert.equal(health({ postgres: undefined }).status, 200);
});

test("tells a refused password from a server that is away", () => {
  assert.equal(isRefusal(Object.assign(new Error("password authentication failed"), { code: "28P01" })), true);
  assert.equal(isRefusal(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })), false);
  assert.equal(isRefusal(new Error("WRONGPASS invalid username-password pair or user is disabled.")), true);
  assert.equal(isRefusal(new Error("Socket closed unexpectedly")), false);
  assert.equal(isRefusal(undefined), false);
  assert.equal(refusedBy({ PostgreSQL: true, Redis: true }), "");
  assert.equal(refusedBy({ PostgreSQL: false, Redis: false }), "PostgreSQL and Redis");
});

test("sells everything for a whole number of cents", () => {
  assert.ok(firstProducts.every(({ cents }) => Number.isInteger(cents) && cents > 0));
});
