/** A small HTTP server that can also misbehave as real ones do. */
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { readFileSync } from "node:fs";
import { realDelay } from "./eventually.ts";
import type { Certificates } from "./certificates.ts";
import { readHttpHead, splitHttp } from "./message-splitter.ts";

/** A request as it came. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A well-formed answer. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/**
 * How to spoil an answer: never give one, close without one, send what is no HTTP, stop in the middle of the body and
 * close, give it late, or a byte at a time.
 */
export type Misbehaviour =
  | "hang"
  | "close"
  | "garbage"
  | "truncate"
  | { readonly delayMs: number }
  | { readonly dripMs: number };

/** What becomes of a request. */
export interface HttpOutcome {
  readonly reply: HttpReply;
  readonly misbehaviour?: Misbehaviour | undefined;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

function encode({ status, headers = {}, body }: HttpReply): Buffer {
  const bytes = Buffer.from(body);
  const all = { "Content-Length": String(bytes.length), Connection: "keep-alive", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join("")}\r\n`), bytes]);
}

async function drip(socket: Socket, bytes: Buffer, everyMs: number): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += 1) {
    socket.write(bytes.subarray(at, at + 1));
    await realDelay(everyMs);
  }
}

async function send(socket: Socket, { reply, misbehaviour }: HttpOutcome): Promise<void> {
  const bytes = encode(reply);
  if (misbehaviour === undefined) socket.write(bytes);
  else if (misbehaviour === "close") socket.destroy();
  else if (misbehaviour === "garbage") socket.end("no such protocol\r\n\r\n");
  else if (misbehaviour === "truncate") socket.end(bytes.subarray(0, bytes.length - 1));
  else if (misbehaviour !== "hang" && "dripMs" in misbehaviour) {
    await drip(socket, bytes, misbehaviour.dripMs);
  } else if (misbehaviour !== "hang") {
    await realDelay(misbehaviour.delayMs);
    if (!socket.destroyed) socket.write(bytes);
  }
}

function parse(bytes: Buffer): HttpRequest {
  const { method, target, headers, bodyAt } = readHttpHead(bytes)!;
  const url = new URL(target, "http://localhost");
  const body = bytes.subarray(bodyAt);
  return { method, path: url.pathname, query: url.searchParams, headers, body };
}

async function serve(
  socket: Socket,
  handle: (request: HttpRequest) => Promise<HttpOutcome>,
): Promise<void> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    waiting = Buffer.concat([waiting, chunk as Buffer]);
    for (let next = splitHttp(waiting); next !== null; next = splitHttp(waiting)) {
      waiting = waiting.subarray(next.bytes.length);
      await send(socket, await handle(parse(next.bytes)));
    }
  }
}

/** Starts it on a free port of 127.0.0.1. */
export async function startHttpServer(
  handle: (request: HttpRequest) => Promise<HttpOutcome>,
  certificates: Certificates | null = null,
): Promise<HttpServer> {
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Clients that go away are what some tests are about.
    socket.on("error", () => undefined);
    serve(socket, handle).catch((error: unknown) => socket.destroy(error as Error));
  };
  const server: Server =
    certificates === null
      ? createServer(take)
      : createTlsServer(
          { key: readFileSync(certificates.keyPath), cert: readFileSync(certificates.certPath) },
          take,
        );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
