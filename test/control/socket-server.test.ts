/** The socket server alone: how it frames, waits, bounds and ends. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { systemClock } from "../../src/base/clock.ts";
import type { Clock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { Asker, Reply } from "../../src/control/command.ts";
import { SocketServer } from "../../src/control/socket-server.ts";
import type { Request } from "../../src/control/wire.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { connectRaw } from "../support/raw-client.ts";
import type { RawClient } from "../support/raw-client.ts";
import { tempDir } from "../support/temp-dir.ts";

const MEGABYTE = 1_048_576;

interface Server extends AsyncDisposable {
  readonly socketPath: string;
  readonly asked: Array<{ readonly request: Request; readonly asker: Asker }>;
  client(): Promise<RawClient>;
}

/** `list` is answered by 8 MiB, `status` not before `release`. */
async function start(clock: Clock = systemClock, release = Promise.resolve()): Promise<Server> {
  const [dir, stop] = [tempDir(), new AbortController()];
  const socketPath = dir.file("btu.sock");
  const asked: Server["asked"] = [];
  const handle = async (request: Request, asker: Asker): Promise<Reply> => {
    asked.push({ request, asker });
    if (request.type === "status") await release;
    return { ok: true, result: request.type === "list" ? "x".repeat(8 * MEGABYTE) : "pong" };
  };
  const file = { path: socketPath, mode: 0o660, group: null };
  const running = new SocketServer({ file, handle, clock, log: silentLog }).run(stop.signal);
  await eventually(() => existsSync(socketPath), { what: "the socket is there" });
  return {
    socketPath,
    asked,
    client: () => connectRaw(socketPath),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      dir[Symbol.dispose]();
    },
  };
}

function ask(type: string, id?: number): string {
  return JSON.stringify({
    ...(id !== undefined && { id }),
    request_type: type,
    request_content: null,
  });
}

function line(id: number): string {
  return `${JSON.stringify({ id, ok: true, result: "pong" })}\n`;
}

async function pingMs(server: Server): Promise<number> {
  const startMs = performance.now();
  using client = await server.client();
  client.send(ask("ping"));
  await client.reads(4);
  return performance.now() - startMs;
}

describe("framing", () => {
  test.each([
    ["without an end", ask("ping")],
    ["with a newline", `${ask("ping")}\n`],
    ["with blanks around", `\r\n  ${ask("ping")}  `],
  ])("a message %s is answered in one piece, and the connection stays", async (_name, message) => {
    await using server = await start();
    using client = await server.client();
    client.send(message);
    expect(await client.reads(4)).toBe("pong");
    expect([client.pieces(), client.isClosed()]).toEqual([1, false]);
    client.send(message);
    expect(await client.reads(8)).toBe("pongpong");
  });

  test("a message may come byte by byte", async () => {
    await using server = await start();
    using client = await server.client();
    for (const char of ask("ping")) {
      client.send(char);
      await realDelay(0);
    }
    expect(await client.reads(4)).toBe("pong");
  });

  test("a client that has nothing more to say still gets all its answers", async () => {
    await using server = await start();
    using client = await server.client();
    client.send([1, 2, 3].map((id) => ask("ping", id)).join("\n"));
    client.end();
    expect(await client.closes()).toBe([1, 2, 3].map(line).join(""));
  });

  test("answers come in the order of the questions, though a later one is ready first", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await using server = await start(systemClock, promise);
    using client = await server.client();
    client.send(ask("status", 1) + ask("ping", 2));
    await eventually(() => server.asked.length > 0, { what: "the first one is asked" });
    using other = await server.client();
    other.send(ask("ping"));
    expect(await other.reads(4)).toBe("pong");
    expect(client.text()).toBe("");
    resolve();
    expect(await client.reads(line(1).length * 2)).toBe(line(1) + line(2));
  });

  test("10,000 questions at once on one connection are all answered", async () => {
    await using server = await start();
    using client = await server.client();
    const ids = Array.from({ length: 10_000 }, (_, index) => index);
    client.send(ids.map((id) => ask("ping", id)).join("\n"));
    const wanted = ids.map(line).join("");
    expect(await client.reads(wanted.length)).toBe(wanted);
  });

  test("whoever asks is known by process, user and group", async () => {
    await using server = await start();
    using client = await server.client();
    client.send(ask("ping"));
    await client.reads(4);
    expect(server.asked[0]?.asker).toEqual({
      via: "socket",
      peer: { pid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    });
  });
});

describe("deadlines", () => {
  test("a message that is not whole after 5 s is given up, however often a byte comes", async () => {
    const clock = new FakeClock();
    await using server = await start(clock);
    using client = await server.client();
    for (let second = 0; second < 5; second += 1) {
      client.send("{");
      await eventually(() => clock.pending > 0, { what: "the deadline runs" });
      await realDelay(5);
      expect(client.isClosed()).toBeFalse();
      await clock.advance(1_000);
    }
    expect(await client.closes()).toBe("");
  });

  test("a client that is silent between messages is left alone", async () => {
    const clock = new FakeClock();
    await using server = await start(clock);
    using client = await server.client();
    client.send(ask("ping"));
    await client.reads(4);
    await clock.advance(3_600_000);
    client.send(ask("ping"));
    expect(await client.reads(8)).toBe("pongpong");
  });

  test("a client that does not take its answer is cut off after 10 s", async () => {
    const clock = new FakeClock();
    await using server = await start(clock);
    using client = await server.client();
    client.stopReading();
    client.send(ask("list"));
    await eventually(() => clock.pending > 0, { what: "the deadline runs" });
    await clock.advance(10_000);
    await eventually(() => clock.pending === 0, { what: "the connection is gone" });
    expect(await pingMs(server)).toBeLessThan(1_000);
  });
});

describe("bounds", () => {
  test("a client that asks for more and more and reads nothing is cut off", async () => {
    await using server = await start();
    using client = await server.client();
    client.stopReading();
    client.send(ask("list").repeat(100));
    await eventually(() => server.asked.length >= 9, { what: "it has asked for 72 MiB" });
    await realDelay(50);
    // Nine answers are more than the 64 MiB that may wait; the others were never made.
    expect(server.asked).toHaveLength(9);
  });

  test("several such clients cannot make more wait than 128 MiB", async () => {
    await using server = await start();
    const beforeBytes = process.memoryUsage().rss;
    const clients = await Promise.all(Array.from({ length: 10 }, () => server.client()));
    for (const client of clients) {
      client.stopReading();
      client.send(ask("list").repeat(3));
    }
    const honest = await pingMs(server);
    expect(honest).toBeLessThan(1_000);
    await realDelay(50);
    // The answers are made of a text and its bytes; none of 240 MiB asked for waits beyond the bound.
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(600 * MEGABYTE);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("1,000 open clients do not delay a ping by more than 50 ms", async () => {
    await using server = await start();
    const clients: RawClient[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => server.client()))));
    }
    for (const client of clients) client.send("{");
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) times.push(await pingMs(server));
    expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(50);
    for (const client of clients) client[Symbol.dispose]();
  });

  test("beyond 2,000 connections the one that was silent longest gives way", async () => {
    await using server = await start();
    const clients: RawClient[] = [];
    for (let batch = 0; batch < 40; batch += 1) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => server.client()))));
    }
    const [first, second] = clients;
    first?.send(ask("ping"));
    await first?.reads(4);
    using late = await server.client();
    late.send(ask("ping"));
    expect(await late.reads(4)).toBe("pong");
    await second?.closes();
    expect(first?.isClosed()).toBeFalse();
    for (const client of clients) client[Symbol.dispose]();
  }, 20_000);
});

describe("the end", () => {
  test("does not wait longer than a second for an answer that never comes", async () => {
    const clock = new FakeClock();
    const server = await start(clock, new Promise(() => undefined));
    using client = await server.client();
    client.send(ask("status", 1));
    await eventually(() => server.asked.length > 0, { what: "it is asked" });
    const ended = server[Symbol.asyncDispose]();
    await eventually(() => clock.pending > 0, { what: "the deadline runs" });
    await clock.advance(1_000);
    await ended;
    expect(existsSync(server.socketPath)).toBeFalse();
  });

  test("waits for what is being answered, then closes and removes socket and lock", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = await start(systemClock, promise);
    using client = await server.client();
    client.send(ask("status", 1));
    await eventually(() => server.asked.length > 0, { what: "it is asked" });
    const ended = server[Symbol.asyncDispose]();
    await realDelay(20);
    resolve();
    expect(await client.closes()).toBe(line(1));
    await ended;
    expect(
      [server.socketPath, `${server.socketPath}.lock`].filter((path) => existsSync(path)),
    ).toEqual([]);
  });
});
