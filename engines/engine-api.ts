import { spawn } from "node:child_process";
import * as http from "node:http";
import { Duplex } from "node:stream";
import type { DockerEngine } from "./docker-engine";
import { interruption } from "../terminal/interruption";
import { UserError } from "../errors";

/** Joining waits for certificates; an engine gives up after 20 s. */
const answerLimitSeconds = 90;

/**
 * Sends a request to the engine's own API, through the docker command, so that it takes every way that a host may name. For what docker
 * takes on its command line only, where every process of this machine could read it.
 *
 * @throws UserError with the engine's words, when it refuses
 */
export async function post(engine: DockerEngine, path: string, body: object): Promise<void> {
  const { status, text } = await asked(
    engine,
    { method: "POST", path, body: JSON.stringify(body) },
    answerLimitSeconds,
  );
  if (status >= 300) {
    throw new UserError(`The Docker Engine at ${engine.host} refuses: ${messageOf(text)}`);
  }
}

/**
 * Asks the engine's own API for what docker's command line does not ask for.
 *
 * @param seconds how long to wait for the answer
 * @returns the status of the answer; undefined where none came
 */
export async function get(engine: DockerEngine, path: string, seconds: number): Promise<number | undefined> {
  try {
    return (await asked(engine, { method: "GET", path }, seconds)).status;
  } catch (error) {
    interruption.throwIfInterrupted();
    if (error instanceof Error) {
      return undefined;
    }
    throw error;
  }
}

interface ApiRequest {
  method: "GET" | "POST";
  path: string;
  body?: string;
}

async function asked(
  engine: DockerEngine,
  request: ApiRequest,
  seconds: number,
): Promise<{ status: number; text: string }> {
  const child = spawn("docker", ["--host", engine.host, "system", "dial-stdio"], {
    env: { ...process.env, ...engine.environment },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
  // Whatever ends the connection is told by the request.
  connection.on("error", () => undefined);
  try {
    return await answerTo(connection, request, seconds);
  } finally {
    child.kill();
  }
}

function answerTo(
  connection: Duplex,
  { body = "", method, path }: ApiRequest,
  seconds: number,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        method,
        path,
        host: "docker",
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), Connection: "close" },
        createConnection: () => connection,
        signal: AbortSignal.timeout(seconds * 1000),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 500, text }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
