/**
 * A daemon under a flood of malformed messages: it does not crash, does not grow, and whoever asks in good faith is answered. The
 * short form sends a twentieth.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { quantile } from "../../bench/measure.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { realDelay } from "../support/eventually.ts";
import { malformed, Random } from "../support/malformed.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const COUNT = process.env["BTU_TEST_FULL"] === "1" ? 100_000 : 5_000;
const SEED = 20_261_121;
const GROWTH_MAX_KIB = 150 * 1024;
const ANSWER_MAX_MS = 50;
const ASK_EVERY_MS = 25;
const TIMEOUT_MS = 300_000;
/** Connections that are open at once in a flood. */
const OPEN_MAX = 64;

let redis: RedisServer;
let dir: TempDir;
let daemon: Daemon;

beforeAll(async () => {
  redis = await startRedis();
  dir = tempDir();
  writeFileSync(dir.file("s.toml"), "# none\n");
  const config = `rq_port = ${redis.port}\nschedules_file = "s.toml"\nlog_level = "error"\n`;
  daemon = await startDaemon({ config, dir });
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

function residentKib(): number {
  const status = readFileSync(`/proc/${daemon.child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}

/** A flood that was over before so many had asked would prove little. */
const ANSWERS_MIN = 6;

/** Asks in good faith again and again while the work lasts, or lasts anew; gives how long each answer took. */
async function meanwhile(ask: () => Promise<void>, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  const state = { isDone: false };
  const asking = (async () => {
    while (!state.isDone) {
      const startMs = performance.now();
      await ask();
      times.push(performance.now() - startMs);
      await realDelay(ASK_EVERY_MS);
    }
  })();
  do await work();
  while (times.length < ANSWERS_MIN);
  state.isDone = true;
  await asking;
  return times;
}

/** The flood's own load on this machine is no delay of the daemon: it rests while somebody asks. */
class Gate {
  #open = Promise.resolve();

  async through(): Promise<void> {
    await this.#open;
  }

  async closedFor(work: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open = promise;
    try {
      await work();
    } finally {
      resolve();
    }
  }
}

function expectGood(times: readonly number[]): void {
  expect(times.length).toBeGreaterThan(5);
  expect(quantile(times, 0.5)).toBeLessThan(ANSWER_MAX_MS);
  expect(quantile(times, 0.95)).toBeLessThan(ANSWER_MAX_MS);
}

/** Sends one message on a connection of its own, in one piece or several, and leaves in one of several ways. */
function sendOverSocket(message: Buffer, random: Random): Promise<void> {
  return new Promise((done) => {
    const socket: Socket = connect(daemon.socketPath);
    socket.on("error", () => done());
    socket.on("close", () => done());
    socket.resume();
    const cut = random.below(message.length + 1);
    const leave = random.below(3);
    socket.once("connect", () => {
      socket.write(message.subarray(0, cut));
      socket.write(message.subarray(cut), () => {
        if (leave === 0) socket.destroy();
        else if (leave === 1) socket.end();
        else setTimeout(() => socket.destroy(), 20);
      });
    });
  });
}

async function floodSocket(count: number, gate: Gate): Promise<void> {
  const random = new Random(SEED);
  const open = new Set<Promise<void>>();
  for (let sent = 0; sent < count; sent += 1) {
    await gate.through();
    const one = sendOverSocket(malformed(random), random);
    open.add(one);
    void one.finally(() => open.delete(one));
    if (open.size >= OPEN_MAX) await Promise.race(open);
  }
  await Promise.all(open);
}

async function floodRedis(count: number, gate: Gate): Promise<void> {
  const random = new Random(SEED + 1);
  const client = await redis.client();
  for (let sent = 0; sent < count; sent += 50) {
    await gate.through();
    const pipeline = client.pipeline();
    for (let index = 0; index < 50; index += 1) {
      pipeline.lpush("btu:scheduler:commands", malformed(random));
    }
    await pipeline.exec();
    // What waits longer than the daemon needs would only measure our own speed.
    while ((await client.llen("btu:scheduler:commands")) > 500) await realDelay(1);
  }
}

async function askOverRedis(): Promise<void> {
  const client = await redis.client();
  const responseKey = `btu:scheduler:rpc:${crypto.randomUUID()}`;
  const message = { request_type: "ping", request_content: null, response_key: responseKey };
  await client.lpush("btu:scheduler:commands", JSON.stringify(message));
  const answer = await client.blpop(responseKey, 5);
  client.disconnect();
  expect(answer?.[1]).toContain('"status": "ok"');
}

async function askOverSocket(): Promise<void> {
  expect(await daemon.request("ping", null)).toBe("pong");
}

describe.each([
  ["the socket", floodSocket, askOverSocket],
  ["Redis", floodRedis, askOverRedis],
])(`${COUNT} malformed messages over %s`, (_name, flood, ask) => {
  test(
    "neither end the daemon, nor fill its memory, nor keep others waiting",
    async () => {
      const gate = new Gate();
      await flood(500, gate);
      const before = residentKib();
      const times = await meanwhile(
        () => gate.closedFor(ask),
        () => flood(COUNT, gate),
      );
      expect(daemon.child.exitCode()).toBeNull();
      expect(residentKib() - before).toBeLessThan(GROWTH_MAX_KIB);
      expectGood(times);
      expect(daemon.log()).not.toContain("internal fault");
      const client = await redis.client();
      expect(await client.keys("rq:*")).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

test("a message that never ends is given up without being kept", async () => {
  const before = residentKib();
  const sockets = Array.from({ length: 50 }, () => {
    const socket = connect(daemon.socketPath);
    socket.on("error", () => undefined);
    return socket;
  });
  const chunk = Buffer.alloc(65_536, "{");
  for (let round = 0; round < 20; round += 1) {
    for (const socket of sockets) socket.write(chunk);
    await realDelay(5);
  }
  await askOverSocket();
  expect(residentKib() - before).toBeLessThan(GROWTH_MAX_KIB);
  for (const socket of sockets) socket.destroy();
});
