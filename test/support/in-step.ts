/** An engine with a source: whole passes, re-reads and the change watch on a fake clock, as a daemon that leads runs them. */
import { silentLog } from "../../src/base/log.ts";
import { ChangeWatch } from "../../src/engine/change-watch.ts";
import { ReconcileLoop } from "../../src/engine/reconcile-loop.ts";
import { Reconciler } from "../../src/engine/reconciler.ts";
import { Rereads } from "../../src/engine/rereads.ts";
import type { Builder } from "../../src/job/builder.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { newJobId } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import type { Source } from "../../src/schedule/source.ts";
import { KEYS, startEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { eventually, realDelay } from "./eventually.ts";
import type { RedisServer } from "./redis-server.ts";
import { TOOLS } from "./schedules.ts";

/** What it is started with. */
export interface InStepOptions {
  readonly server: RedisServer;
  readonly sources: readonly Source[];
  readonly nowMs: number;
  readonly port?: number;
  /** Parts that are left out, to see that a test can fail. */
  readonly without?: ReadonlyArray<"rereads" | "changes" | "holding">;
}

/** A running engine; `await using inStep = await startInStep({ server, sources, nowMs })`. */
export interface InStep extends AsyncDisposable {
  readonly engine: Engine;
  readonly reconciler: Reconciler;
  readonly reconcile: ReconcileLoop;
  readonly rereads: Rereads;
  readonly changes: ChangeWatch;
  /** Lets time go on, slowly enough for databases to answer meanwhile. */
  stroll(spanMs: number): Promise<void>;
  /** Due instant of what is planned for this id, or null. */
  plannedDue(id: string): Promise<number | null>;
}

/** Fake time passes in such steps, each with a real pause in which servers answer. */
const STEP_MS = 100;
const PAUSE_MS = 5;
/** A whole read, then what it writes. */
const START_MS = 10_000;

function builderOf({ client }: Engine): Builder {
  const remembered = new Remembered({ client, key: KEYS.remembered });
  const queueNames = new QueueNames({ client, remembered, log: silentLog, prefix: "" });
  const frappe = {
    site: "site1",
    user: () => Promise.resolve("Administrator"),
    ids: { next: () => Promise.resolve(newJobId()) },
    ttls: { resultTtlSeconds: 600, failureTtlSeconds: 604_800 },
  };
  return nativeBuilder({ queueNames, frappe });
}

/** Starts it, and waits until all is on the agenda. */
export async function startInStep(options: InStepOptions): Promise<InStep> {
  const { server, sources, nowMs, port, without = [] } = options;
  const isIn = (part: "rereads" | "changes" | "holding"): boolean => !without.includes(part);
  let builder: Builder | null = null;
  const engine = await startEngine({
    server,
    nowSeconds: nowMs / 1000,
    builderFor: () => (builder ??= builderOf(engine)),
    isInDoubt: (id, sinceMs) => isIn("holding") && rereads.isInDoubt(id, sinceMs),
    ...(port === undefined ? {} : { port }),
  });
  const { agenda, book, clock, loop, redis } = engine;
  const common = { agenda, book, clock, redis, sources, tools: TOOLS, log: silentLog };
  const reconciler = new Reconciler({
    ...common,
    mayWrite: () => true,
    onReconciled: () => Promise.resolve(loop.refresh()),
  });
  const reconcile = new ReconcileLoop({ ...common, reconciler, refreshMs: 3_600_000 });
  const readAll = (): Promise<void> => reconcile.request();
  const rereads = new Rereads({ ...common, reconciler, readAll, onRead: () => loop.look() });
  const changes = new ChangeWatch({
    reconciler,
    clock,
    mayAsk: () => true,
    onChanged: (ids) => rereads.readOnce(ids),
    readAll,
  });
  const stop = new AbortController();
  const services = [
    reconcile,
    ...(isIn("rereads") ? [rereads] : []),
    ...(isIn("changes") ? [changes] : []),
  ];
  const running = services.map((service) => service.run(stop.signal));
  const what = "the first whole pass";
  await eventually(() => reconcile.state.doneMs !== null, { what, timeoutMs: START_MS });
  return {
    engine,
    reconciler,
    reconcile,
    rereads,
    changes,
    stroll: async (spanMs) => {
      for (let passedMs = 0; passedMs < spanMs; passedMs += STEP_MS) {
        await clock.advance(STEP_MS);
        await realDelay(PAUSE_MS);
      }
    },
    plannedDue: async (id) => {
      const members = await engine.client.zrange(KEYS.agenda, 0, "-1");
      const member = members.find((text) => text.startsWith(`${id}|`));
      return member === undefined ? null : Number(member.slice(id.length + 1));
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      // Whoever still sleeps on the fake clock is to wake.
      await clock.advance(0);
      await Promise.all(running);
      await engine[Symbol.asyncDispose]();
    },
  };
}
