// @ts-check
"use strict";
/*
 * Addresses at which the ActivityPub server of Ghost's makers does not answer by itself: /alive, for who looks whether it hangs, and the pictures that it has stored.
 * In production it leaves those to a web server that reads the same folder.
 */
const { createReadStream } = require("node:fs");
const { stat } = require("node:fs/promises");
const http = require("node:http");
const { syncBuiltinESMExports } = require("node:module");
const path = require("node:path");

/** What it stores, by the end of the name. Nothing among it is a program to a browser. */
const types = /** @type {Record<string, string>} */ ({
  ".gif": "image/gif",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
});

/**
 * @param {string} folder
 * @param {string} prefix path of the address at which it is shown
 */
function answerOwnPaths(folder, prefix) {
  const below = prefix.endsWith("/") ? prefix : `${prefix}/`;
  const { createServer } = http;
  /** @param {any[]} args options, and what answers */
  const own = (...args) => {
    const answer = args.pop();
    /** @type {http.RequestListener} */
    const first = (request, response) => {
      const [asked = ""] = (request.url ?? "").split("?", 1);
      if (asked === "/alive") {
        response.end("ok");
      } else if (asked.startsWith(below)) {
        void show(folder, asked.slice(below.length), request, response);
      } else {
        answer(request, response);
      }
    };
    return createServer(args[0] ?? {}, first);
  };
  http.createServer = /** @type {typeof http.createServer} */ (own);
  syncBuiltinESMExports();
}

/**
 * @param {string} folder
 * @param {string} name of a picture in it, as it was asked for
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function show(folder, name, request, response) {
  const type = types[path.posix.extname(name)];
  // No name that it makes has a dot at the beginning of a part.
  const isName = /^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name);
  const file = path.join(folder, name);
  const found = type && isName ? await stat(file).catch(() => undefined) : undefined;
  if (!type || !found?.isFile() || !["GET", "HEAD"].includes(request.method ?? "")) {
    response.writeHead(404, { "Cache-Control": "no-store" });
    response.end();
    return;
  }
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": found.size,
    // A picture never changes: another one has another name.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  createReadStream(file)
    .on("error", () => response.destroy())
    .pipe(response);
}

module.exports = { answerOwnPaths };
