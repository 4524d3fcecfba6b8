// @ts-check
"use strict";
/*
 * Asks Ghost for paths, in its own container, and prints the status of each. The first argument is JSON: the headers of every request.
 */
const http = require("node:http");

const [headers = "{}", ...paths] = process.argv.slice(1);
/** @param {string} path */
const ask = (path) =>
  new Promise((resolve) => {
    http
      .get({ host: "127.0.0.1", port: 2368, path, headers: JSON.parse(headers), timeout: 30_000 }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
      })
      .on("timeout", function () {
        this.destroy(new Error("no answer within 30 s"));
      })
      .on("error", (error) => resolve(error.message));
  });

(async () => {
  for (const path of paths) {
    console.log(`${await ask(path)} ${path}`);
  }
})();
