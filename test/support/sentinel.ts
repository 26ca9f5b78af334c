/** A private Redis Sentinel. */
import { writeFileSync } from "node:fs";
import { freePort } from "./free-port.ts";
import { PrivateServer } from "./private-server.ts";
import { tempDir } from "./temp-dir.ts";

/** What a Sentinel watches, and how. */
export interface SentinelOptions {
  readonly masterPort: number;
  /** The name it gives the master; default `mymaster`. */
  readonly name?: string;
  readonly masterPassword?: string;
  /** Its own password. */
  readonly password?: string;
}

/** A running Sentinel. */
export interface Sentinel extends AsyncDisposable {
  readonly port: number;
  readonly server: PrivateServer;
}

/** So long a master may be silent before it counts as down. */
const DOWN_AFTER_MS = 1_000;
const FAILOVER_TIMEOUT_MS = 5_000;

/** Starts one that decides alone. */
export async function startSentinel(options: SentinelOptions): Promise<Sentinel> {
  const { masterPort, name = "mymaster", masterPassword, password } = options;
  const [dir, port] = [tempDir(), await freePort()];
  const path = dir.file("sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${dir.path}`,
    `sentinel monitor ${name} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${name} ${FAILOVER_TIMEOUT_MS}`,
    ...(masterPassword === undefined ? [] : [`sentinel auth-pass ${name} ${masterPassword}`]),
    ...(password === undefined ? [] : [`requirepass ${password}`]),
    "",
  ];
  writeFileSync(path, lines.join("\n"));
  const server = await PrivateServer.start({
    start: { command: ["redis-server", path, "--sentinel"] },
    ready: (child) => child.waitForOutput(/\+monitor master /),
    stopSignal: "SIGTERM",
    cleanUp: () => dir[Symbol.dispose](),
  });
  return { port, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
