import * as http from "node:http";
import { bots, processed } from "./page-hit";

/*
 * Stands in for the proxy of Ghost's makers (ghost/traffic-analytics), which is in no package registry: made for tests. It takes page hits at the same address, refuses what
 * that refuses, and hands the rest to PROXY_TARGET as that does, with the request's other headers. Who the reader's browser is, and where he comes from, it does not
 * work out.
 */

/** Of a body, in bytes. */
const largest = 20 * 1024;

const target = process.env["PROXY_TARGET"] ?? "";
const token = process.env["TINYBIRD_TRACKER_TOKEN"] ?? "";
if (!URL.canParse(target) || token === "") {
  console.error("PROXY_TARGET and TINYBIRD_TRACKER_TOKEN must be set: this stand-in has no defaults");
  process.exit(1);
}

function answer(response: http.ServerResponse, status: number, body: string | object = ""): void {
  const isText = typeof body === "string";
  response.writeHead(status, {
    "Access-Control-Allow-Origin": "*",
    "Content-Type": isText ? "text/plain" : "application/json",
  });
  response.end(isText ? body : JSON.stringify(body));
}

const server = http.createServer((request, response) => {
  const { method = "", headers } = request;
  const url = new URL(request.url ?? "", "http://proxy");
  if (method === "GET" && url.pathname === "/") {
    answer(response, 200, "Hello Ghost Traffic Analytics");
  } else if (method === "OPTIONS") {
    response.setHeader("Access-Control-Allow-Headers", "Content-Type, x-site-uuid");
    answer(response, 204);
  } else if (method !== "POST" || url.pathname !== "/api/v1/page_hit") {
    answer(response, 404, {
      message: `Route ${method}:${url.pathname} not found`,
      error: "Not Found",
      statusCode: 404,
    });
  } else if (!/^analytics_events(_test)?$/.test(url.searchParams.get("name") ?? "")) {
    answer(response, 400, { error: "Bad Request", message: "querystring/name must be a known one", statusCode: 400 });
  } else if (headers["content-type"] !== "application/json") {
    answer(response, 415, { error: "Unsupported Media Type", statusCode: 415 });
  } else {
    takeHit(request, url, response);
  }
});

function takeHit(request: http.IncomingMessage, url: URL, response: http.ServerResponse): void {
  const { headers, socket } = request;
  let body = "";
  request.setEncoding("utf8").on("data", (part: string) => (body += part.slice(0, largest + 1 - body.length)));
  request.on("end", () => {
    const [address = socket.remoteAddress ?? ""] = String(headers["x-forwarded-for"] ?? "").split(",", 1);
    const hit = processed(body, headers, address.trim() || (socket.remoteAddress ?? ""));
    if (body.length > largest) {
      answer(response, 413, { error: "Payload Too Large", statusCode: 413 });
    } else if (typeof hit === "string") {
      answer(response, 400, { error: "Bad Request", message: hit, statusCode: 400 });
    } else if (bots.test(headers["user-agent"] ?? "")) {
      answer(response, 202, { message: "Page hit event received" });
    } else {
      handOn(JSON.stringify(hit), headers, url, response);
    }
  });
}

function handOn(hit: string, headers: http.IncomingHttpHeaders, url: URL, response: http.ServerResponse): void {
  url.searchParams.delete("token");
  const { connection: _connection, host: _host, ...others } = headers;
  const told = { ...others, authorization: `Bearer ${token}`, "content-length": String(Buffer.byteLength(hit)) };
  fetchTarget(`${target}${url.search}`, told, hit, (status, text) => {
    response.writeHead(status, { "Access-Control-Allow-Origin": "*", "Content-Type": "application/json" });
    response.end(text);
  });
}

function fetchTarget(
  address: string,
  headers: http.OutgoingHttpHeaders,
  body: string,
  done: (status: number, text: string) => void,
): void {
  const asked = http.request(address, { method: "POST", headers }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => (text += part));
    response.on("end", () => done(response.statusCode ?? 502, text));
  });
  asked.on("error", (error) => {
    console.error(JSON.stringify({ level: 50, event: "ProxyError", message: error.message }));
    done(502, JSON.stringify({ error: "Proxy error" }));
  });
  asked.end(body);
}

server.listen(Number(process.env["PORT"] ?? 3000), process.env["LISTEN_HOST"] ?? "0.0.0.0", () => {
  console.log(`page hits go to ${target}`);
});
