// @ts-check
"use strict";
/*
 * Asks Ghost, in its own container, for paths, and its mail server for a greeting. Prints a line for each: what it is, a tab, and the status or why there
 * is none. The argument is JSON: the port, the headers of every request, and the paths.
 */
const http = require("node:http");
const net = require("node:net");
const tls = require("node:tls");

/** @type {{ port: number, headers: Record<string, string>, paths: string[] }} */
const { headers, paths, port } = JSON.parse(process.argv[1] ?? "{}");
const limit = 20_000;

/** @param {string} path */
const statusOf = (path) =>
  new Promise((resolve) => {
    http
      .get({ host: "127.0.0.1", port, path, headers, timeout: limit }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
        response.on("error", (error) => resolve(error.message));
      })
      .on("timeout", function () {
        this.destroy(new Error(`no answer within ${limit / 1000} s`));
      })
      .on("error", (error) => resolve(error.message));
  });

/**
 * The code of the mail server's greeting.
 * @param {string} host
 */
const greetingOf = (host) =>
  new Promise((resolve) => {
    const at = { host, port: Number(process.env["mail__options__port"] ?? 25) };
    const socket =
      process.env["mail__options__secure"] === "true"
        ? tls.connect({ ...at, servername: host, rejectUnauthorized: false })
        : net.connect(at);
    socket.setTimeout(limit, () => socket.destroy(new Error(`no greeting within ${limit / 1000} s`)));
    socket.once("data", (data) => {
      resolve(data.toString("latin1").slice(0, 3));
      socket.end("QUIT\r\n");
    });
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", () => resolve("the connection was closed"));
  });

(async () => {
  for (const path of paths) {
    console.log(`${path}\t${await statusOf(path)}`);
  }
  const host = process.env["mail__options__host"];
  if (host) {
    console.log(`mail server ${host}\t${await greetingOf(host)}`);
  }
  process.exit(0);
})();
