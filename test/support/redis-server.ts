/** A private redis-server. */
import { chmodSync, writeFileSync } from "node:fs";
import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { makeCertificates } from "./certificates.ts";
import type { Certificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import { PrivateServer } from "./private-server.ts";
import { tempDir } from "./temp-dir.ts";

/** What may differ from a plain Redis without persistence. */
export interface RedisServerOptions {
  /** Every acknowledged write survives `kill()`. */
  readonly aof?: boolean;
  /** Users as in an ACL file, without the word "user": `"btu on >secret ~rq:* +@all"`. The default user stays, without password. */
  readonly acl?: readonly string[];
  /** Adds a port that speaks TLS, with a certificate for `localhost`. */
  readonly tls?: boolean;
  /** The names in that certificate, in place of `localhost`: `DNS:redis.example.com`. */
  readonly names?: readonly string[];
  /** Any other directive: `{ maxmemory: "2mb", "maxmemory-policy": "allkeys-lru" }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** How a client may differ from a plain one. */
export type ClientOptions = Omit<RedisOptions, "lazyConnect" | "protocol" | "replyMapping">;

/** A running Redis; `await using redis = await startRedis()`. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** `redis://127.0.0.1:PORT/0` */
  readonly url: string;
  readonly socketPath: string;
  /** Where TLS is spoken, when asked for. */
  readonly tls: { readonly port: number; readonly certificates: Certificates } | null;
  readonly process: PrivateServer;
  /** A connected client, closed with the server. */
  client(options?: ClientOptions): Promise<Redis>;
}

/** Two tests may have been given the same port in the same moment. */
const TRIES = 3;

async function tlsDirectives(folder: string, { tls = false, names }: RedisServerOptions) {
  if (!tls) return { tls: null, directives: {} };
  const naming = names === undefined ? {} : { names };
  const [port, certificates] = [await freePort(), await makeCertificates(folder, naming)];
  return {
    tls: { port, certificates },
    directives: {
      "tls-port": String(port),
      "tls-cert-file": certificates.certPath,
      "tls-key-file": certificates.keyPath,
      "tls-ca-cert-file": certificates.caPath,
      "tls-auth-clients": "no",
    },
  };
}

async function tryToStart(options: RedisServerOptions): Promise<RedisServer> {
  const dir = tempDir();
  const port = await freePort();
  const { tls, directives } = await tlsDirectives(dir.path, options);
  const socketPath = dir.file("redis.sock");
  const config: Record<string, string> = {
    bind: "127.0.0.1",
    port: String(port),
    unixsocket: socketPath,
    dir: dir.path,
    save: '""',
    appendonly: options.aof === true ? "yes" : "no",
    appendfsync: "always",
    ...directives,
    ...options.config,
  };
  const lines = Object.entries(config).map(([key, value]) => `${key} ${value}`);
  const users = (options.acl ?? []).map((user) => `user ${user}`);
  writeFileSync(dir.file("redis.conf"), [...lines, ...users, ""].join("\n"));
  chmodSync(dir.path, 0o755);
  const server = await PrivateServer.start({
    start: { command: ["redis-server", dir.file("redis.conf")] },
    ready: (child) => child.waitForOutput(/Ready to accept connections/),
    stopSignal: "SIGTERM",
    cleanUp: () => dir[Symbol.dispose](),
  });
  const clients: Redis[] = [];
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    socketPath,
    tls,
    process: server,
    client: async (clientOptions = {}) => {
      const client = new Redis({ port, ...clientOptions, lazyConnect: true, protocol: 2 });
      // Tests that kill the server look at what their subject says, not at this client.
      client.on("error", () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Starts a Redis on a free port and on a Unix socket, both in a folder of its own. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryToStart(options);
    } catch (error) {
      if (tries === TRIES || !String(error).includes("Address already in use")) throw error;
    }
  }
}
