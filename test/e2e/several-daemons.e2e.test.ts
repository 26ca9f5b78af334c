/** Several daemons on one Redis, as compiled: who works, who takes over how fast, and whose the state is. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { btuJson } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { grownUp, startRedis } from "../support/redis-server.ts";
import { ledgerOf, waitForLedger } from "../support/rq-keys.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const EVERY_SECOND = `
[[schedule]]
id = "often"
cron = "* * * * * * *"
function = "builtins.print"
`;

/** A Redis and a schedules file that daemons share; they end with it. */
interface Place extends AsyncDisposable {
  readonly client: Redis;
  readonly dir: TempDir;
  start(more?: string, options?: { readonly waitForPing?: boolean }): Promise<Daemon>;
}

async function openPlace(): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const [redis, dir] = [stack.use(await startRedis()), stack.use(tempDir())];
  const path = dir.file("s.toml");
  writeFileSync(path, EVERY_SECOND);
  const client = await redis.client();
  const owned = stack.move();
  return {
    client,
    dir,
    start: async (more = "", options = {}) => {
      const config = `rq_port = ${redis.port}\nschedules_file = "${path}"\n${more}`;
      return owned.use(await startDaemon({ ...options, config }));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function leads(daemon: Daemon, from = 0): Promise<string> {
  return daemon.waitForLog(/this daemon leads/, { from });
}

/** Two daemons; the first one leads. */
async function startTwo(place: Place): Promise<readonly [first: Daemon, second: Daemon]> {
  const first = await place.start();
  await leads(first);
  await grownUp(place.client);
  const second = await place.start();
  await waitForLedger(place.client, 2, first);
  return [first, second];
}

/** Each second from the first to the last one has just one entry. */
function secondsOf(ledger: readonly LedgerFields[]): { dues: number[]; expected: number[] } {
  const dues = ledger.map(({ due }) => Number(due));
  const [first = 0] = dues;
  return { dues, expected: dues.map((_, index) => first + index) };
}

async function expectWhole(client: Redis): Promise<void> {
  const { dues, expected } = secondsOf(await ledgerOf(client));
  expect(dues).toEqual(expected);
}

/** It goes on where the other one ended: no second is missing, and none stands there twice. */
async function expectGoesOn({ client }: Pick<Place, "client">, daemon: Daemon): Promise<void> {
  await waitForLedger(client, (await client.xlen("btu_scheduler:ledger")) + 4, daemon);
  await daemon.stop();
  await expectWhole(client);
}

describe("a daemon that stands by", () => {
  test("leads within 3 s of the leader's SIGKILL, and nothing is missing", async () => {
    await using place = await openPlace();
    const [first, second] = await startTwo(place);
    await first.kill();
    const killedMs = performance.now();
    await leads(second);
    expect(performance.now() - killedMs).toBeLessThan(3_000);
    await expectGoesOn(place, second);
  });

  test("leads within 1 s of the leader's SIGTERM, and nothing is missing", async () => {
    await using place = await openPlace();
    const [first, second] = await startTwo(place);
    const stoppedMs = performance.now();
    expect(await first.stop()).toBe(0);
    await leads(second);
    // Its own ending and what it logs are counted here; the time from one lease to the next is another test's.
    expect(performance.now() - stoppedMs).toBeLessThan(1_500);
    await expectGoesOn(place, second);
  });

  test("takes over from a frozen one, which does no harm when it wakes up", async () => {
    await using place = await openPlace();
    const [first, second] = await startTwo(place);
    first.child.signal("SIGSTOP");
    await leads(second);
    await realDelay(3_000);
    const from = first.log().length;
    first.child.signal("SIGCONT");
    await first.waitForLog(/this daemon stands by/, { from });
    await realDelay(3_000);
    const { value } = await btuJson(["status"], { configPath: first.configPath });
    expect(value).toMatchObject({ leadership: { role: "standby" } });
    await second.stop();
    await leads(first, from);
    await first.stop();
    await expectWhole(place.client);
  });
});

describe("the state in Redis", () => {
  test("belongs to one source: a daemon of another one writes nothing, ends with 2 and names the key", async () => {
    await using place = await openPlace();
    const first = await place.start('source_id = "one"');
    await leads(first);
    await first.stop();
    const before = await place.client.hgetall("btu_scheduler:btu_state");
    const other = await place.start('source_id = "other"', { waitForPing: false });
    await other.child.exited;
    expect(other.child.exitCode()).toBe(2);
    expect(other.log()).toContain('give it another redis_key_prefix, or set source_id = "one"');
    expect(await place.client.hgetall("btu_scheduler:btu_state")).toEqual(before);
  });

  test("of a newer format is left alone: the daemon ends with 2 and says what to do", async () => {
    await using place = await openPlace();
    await place.client.hset("btu_scheduler:btu_state", "format", "2", "source", "one");
    const daemon = await place.start('source_id = "one"', { waitForPing: false });
    await daemon.child.exited;
    expect(daemon.child.exitCode()).toBe(2);
    expect(daemon.log()).toContain("has format 2, written by a newer version");
    expect(await place.client.keys("btu_scheduler:*")).toEqual(["btu_scheduler:btu_state"]);
  });

  test("moves with the prefix, once the daemon under the former one has ended", async () => {
    await using place = await openPlace();
    const before = await place.start();
    await waitForLedger(place.client, 2, before);
    const after = await place.start('redis_key_prefix = "other:"');
    await after.waitForLog(/still lives under the former redis_key_prefix "btu_scheduler:"/, {
      from: 0,
    });
    await realDelay(3_000);
    expect(await place.client.keys("other:*")).toEqual(["other:btu_state"]);
    await before.stop();
    await after.waitForLog(/moved the state/, { from: 0 });
    await leads(after);
    await eventually(async () => (await place.client.xlen("other:ledger")) > 6, {
      what: "it fires",
    });
    await after.stop();
  });
});
