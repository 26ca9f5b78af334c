/** The web server is down for a minute across a due time: what each builder makes of it. */
import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { FrappeClient } from "../../src/frappe/client.ts";
import { FrappeEndpoints } from "../../src/frappe/endpoints.ts";
import { ServerWatch } from "../../src/frappe/server-watch.ts";
import { delegatedBuilder } from "../../src/job/build-delegated.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { pickledBuilder } from "../../src/job/build-pickled.ts";
import type { PickledOptions } from "../../src/job/build-pickled.ts";
import type { Builder } from "../../src/job/builder.ts";
import { frappeSite } from "../../src/job/frappe-site.ts";
import { JobIds } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import { setup } from "../frappe/setup.ts";
import { startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import type { StandinFrappe } from "../support/standin-frappe.ts";

const NOW = at("2026-03-02T10:00:30Z");
const DUE = at("2026-03-02T10:01:00Z");
/** What is due once in five minutes has time to be late. */
const SCHEDULE = makeSchedule({
  id: "TS-1",
  cron: "1-59/5 * * * *",
  work: { kind: "btu_task", taskId: "BT-1", timeoutSeconds: 600, runsById: true },
});
const TTLS = { resultTtlSeconds: 600, failureTtlSeconds: 604_800 };
const server = await startRedis();
const client = await server.client();
const remembered = new Remembered({ client, key: "r" });

beforeEach(async () => {
  await client.flushall();
});

interface Place {
  readonly engine: Engine;
  readonly endpoints: FrappeEndpoints;
  readonly options: PickledOptions;
}

type Choose = (place: Place) => Builder;

interface Minute {
  readonly engine: Engine;
  readonly site: StandinFrappe;
  readonly enqueued: readonly string[];
  readonly goDown: () => Promise<void>;
  /** Takes requests from now on, and never answers. */
  readonly hang: () => void;
  readonly comeBack: () => Promise<void>;
}

/** An engine and a site with a proxy between them that can refuse everything. */
async function withProxy(choose: Choose, work: (minute: Minute) => Promise<void>): Promise<void> {
  let isHanging = false;
  const enqueued: string[] = [];
  await using parts = await setup({ enqueue: (id) => enqueued.push(id) });
  const { site } = parts;
  await using proxy = await FaultProxy.start({ target: site, protocol: "http" });
  let builder: Builder | null = null;
  await using engine = await startEngine({
    server,
    nowSeconds: NOW,
    waitsForBuilders: () => !isHanging,
    builderFor: () => {
      if (builder === null) throw new Error("not chosen yet");
      return builder;
    },
  });
  const { clock } = engine;
  const baseUrl = `http://127.0.0.1:${proxy.port}`;
  const watch = new ServerWatch(baseUrl, { clock, log: silentLog });
  const { token } = site;
  const speaker = new FrappeClient({ baseUrl, token, clock, timeoutMs: 15_000, watch });
  const endpoints = new FrappeEndpoints(speaker);
  const ids = new JobIds({ client, remembered, log: silentLog, choice: "plain", site: "erp" });
  const queueNames = new QueueNames({ client, remembered, log: silentLog, prefix: "" });
  const options: PickledOptions = {
    endpoints,
    queueNames,
    ids,
    ttls: TTLS,
    aheadSeconds: 5,
    fallback: "wait",
    clock,
    log: silentLog,
  };
  builder = choose({ engine, endpoints, options });
  await engine.plan(SCHEDULE);
  await work({
    engine,
    site,
    enqueued,
    goDown: () => proxy.refuse(),
    hang: () => {
      site.misbehave("hang");
      isHanging = true;
    },
    comeBack: () => proxy.accept(),
  });
}

function native({ endpoints, options }: Place): Builder {
  const { queueNames, clock, ttls } = options;
  const ids = new JobIds({ client, remembered, log: silentLog, choice: "plain", site: "erp" });
  const site = { site: "erp", user: null, endpoints, remembered, ids, ttls, clock };
  return nativeBuilder({ queueNames, frappe: frappeSite(site) });
}

function pickledOrCached({ options }: Place): Builder {
  return pickledBuilder({ ...options, fallback: "cached" });
}

async function outcomes(engine: Engine): Promise<unknown[]> {
  return (await engine.ledger()).map((entry) => [
    entry["outcome"],
    Number(entry["due"]),
    Number(entry["fired_ms"]) / 1000 - Number(entry["due"]),
  ]);
}

async function hangFromTheStart({ engine, hang }: Minute): Promise<void> {
  hang();
  await engine.advance(40);
  expect(await outcomes(engine)).toEqual([["fired", DUE, 0]]);
}

async function hangAfterTheFirst({ engine, hang }: Minute): Promise<void> {
  await engine.advance(30);
  hang();
  await engine.advance(330);
  expect(await outcomes(engine)).toEqual([
    ["fired", DUE, 0],
    ["fired", DUE + 300, 0],
  ]);
}

describe("while the web server is down for a minute", () => {
  test("a native job is placed on time, in the name of the user who was seen before", async () => {
    await remembered.remember("frappe_user", "btu@example.com");
    await withProxy(native, async ({ engine, goDown }) => {
      await goDown();
      await engine.advance(40);
      expect(await outcomes(engine)).toEqual([["fired", DUE, 0]]);
      expect(await client.llen("rq:queue:default")).toBe(1);
    });
  });

  test("a native job is placed on time also when the web server hangs", async () => {
    await remembered.remember("frappe_user", "btu@example.com");
    await withProxy(native, hangFromTheStart);
  });

  test("a pickled job is late, and placed exactly once when the server is back", async () => {
    await withProxy(
      ({ options }) => pickledBuilder(options),
      async ({ engine, goDown, comeBack, site }) => {
        await goDown();
        await engine.advance(70);
        expect(await outcomes(engine)).toEqual([]);
        await comeBack();
        await engine.advance(60);
        const [only, ...others] = await outcomes(engine);
        expect(others).toEqual([]);
        expect(only).toEqual(["late", DUE, expect.any(Number)]);
        expect((only as number[])[2]).toBeWithin(40, 43);
        expect(await client.llen("rq:queue:default")).toBe(1);
        expect(site.requests).toHaveLength(1);
      },
    );
  });

  test("a pickled job that may be taken from the last fetch is placed on time", async () => {
    await withProxy(pickledOrCached, async ({ engine, goDown }) => {
      await engine.advance(60);
      await goDown();
      await engine.advance(300);
      expect(await outcomes(engine)).toEqual([
        ["fired", DUE, 0],
        ["fired", DUE + 300, 0],
      ]);
      const [first = "", second = ""] = await client.lrange("rq:queue:default", 0, -1);
      expect(await client.hget(`rq:job:${second}`, "data")).toBe(
        await client.hget(`rq:job:${first}`, "data"),
      );
    });
  });

  test("a pickled job is taken from the last fetch also when the web server hangs", async () => {
    await withProxy(pickledOrCached, hangAfterTheFirst);
  });

  test("a delegated job is handed over once, within 2 s of the server's return", async () => {
    await withProxy(
      ({ endpoints }) => delegatedBuilder({ endpoints, traces: [] }),
      async ({ engine, goDown, comeBack, enqueued }) => {
        await goDown();
        await engine.advance(70);
        expect(await outcomes(engine)).toEqual([]);
        await comeBack();
        await engine.advance(60);
        const [only, ...others] = await outcomes(engine);
        expect(others).toEqual([]);
        expect(only).toEqual(["handed_over", DUE, expect.any(Number)]);
        expect((only as number[])[2]).toBeWithin(40, 42.5);
        expect(enqueued).toEqual(["TS-1"]);
      },
    );
  });

  test("a delegated job that was asked for as the server went down is asked for again after 20 s", async () => {
    await withProxy(
      ({ endpoints }) => delegatedBuilder({ endpoints, traces: [() => Promise.resolve(null)] }),
      async ({ engine, site, enqueued }) => {
        site.misbehave("close", "enqueue_for_next_available_worker");
        await engine.advance(31);
        site.misbehave(null, "enqueue_for_next_available_worker");
        await engine.advance(60);
        const [only, ...others] = await outcomes(engine);
        expect(others).toEqual([]);
        expect(only).toEqual(["handed_over", DUE, expect.any(Number)]);
        expect((only as number[])[2]).toBeWithin(20, 23);
        // The one that was not answered, too: at least once.
        expect(enqueued).toHaveLength(2);
      },
    );
  });
});
