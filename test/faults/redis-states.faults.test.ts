/** A Redis that refuses, stalls, or keeps one bad key among good ones: what can be placed is placed, once. */
import { rmSync } from "node:fs";
import type { Redis } from "ioredis";
import { expect } from "bun:test";
import { eventually, realDelay } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { tempDir } from "../support/temp-dir.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { openField } from "./field.ts";
import type { Field } from "./field.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";

const ROUNDS = IS_FULL ? 8 : 1;
const SCHEDULES = 300;
const PERIODS = [2, 3, 4, 5];
const LASTS_MS = [800, 4_000] as const;
/** So long after its due second a healthy schedule may be placed while others are refused. */
const HEALTHY_LATE_MAX_MS = 1_000;

/** Begins a trouble and gives what ends it. */
type Trouble = (field: Field, chance: Chance) => Promise<() => unknown>;

function setting(name: string, bad: string, good: string): Trouble {
  return async ({ client }) => {
    await client.config("SET", name, bad);
    return () => client.config("SET", name, good);
  };
}

/** Its snapshots fail: with `stop-writes-on-bgsave-error` it then refuses writes. */
async function failSnapshots({ client, dir }: Field): Promise<() => unknown> {
  using gone = tempDir();
  await client.config("SET", "dir", gone.path);
  rmSync(gone.path, { recursive: true });
  await client.config("SET", "save", "3600 1");
  await client.bgsave();
  const isBad = async (): Promise<boolean> =>
    (await client.info("persistence")).includes("rdb_last_bgsave_status:err");
  await eventually(isBad, { what: "the snapshot fails" });
  return async () => {
    await client.config("SET", "save", "");
    await client.config("SET", "dir", dir.path);
  };
}

/** Another client's endless script. */
async function keepBusy({ redis, client }: Field): Promise<() => unknown> {
  const other = await redis.client();
  const running = other.eval("while true do end", 0).catch(() => undefined);
  return async () => {
    await client.call("SCRIPT", "KILL");
    await running;
    other.disconnect();
  };
}

const NOTHING = (): undefined => undefined;

const TROUBLES: Readonly<Record<string, Trouble>> = {
  full: setting("maxmemory", "1mb", "0"),
  "read-only": async ({ client }) => {
    await client.replicaof("127.0.0.1", String(await freePort()));
    return () => client.replicaof("NO", "ONE");
  },
  "without enough replicas": setting("min-replicas-to-write", "1", "0"),
  "unable to save": failSnapshots,
  slow: async ({ redis }, chance) => {
    const other = await redis.client();
    const sleeping = other.call("DEBUG", "SLEEP", chance.between(0.2, 7));
    return async () => {
      await sleeping;
      other.disconnect();
    };
  },
  busy: keepBusy,
  paused: async ({ client }, chance) => {
    await client.call("CLIENT", "PAUSE", Math.round(chance.between(200, 6_500)), "WRITE");
    return () => client.call("CLIENT", "UNPAUSE");
  },
  frozen: async ({ redis }) => {
    redis.process.pause();
    return () => redis.process.resume();
  },
  "rid of all clients": async ({ client }) => {
    await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    return NOTHING;
  },
  "rid of all scripts": async ({ client }) => {
    await client.script("FLUSH");
    return NOTHING;
  },
};

const REDIS_CONFIG = {
  "enable-debug-command": "yes",
  "enable-protected-configs": "yes",
  "busy-reply-threshold": "100",
};

faultTest(`Redis in ${Object.keys(TROUBLES).length} kinds of trouble`, async (chance) => {
  await using field = await openField(makePeriodic(SCHEDULES, PERIODS), { config: REDIS_CONFIG });
  await using daemon = await field.start();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, trouble] of Object.entries(TROUBLES)) {
      await realDelay(chance.between(0, 1_000));
      const end = await trouble(field, chance);
      await realDelay(chance.between(...LASTS_MS));
      await end();
      await field.caughtUp().catch((cause: unknown) => {
        throw new Error(`after Redis was ${name}:\n${daemon.log()}`, { cause });
      });
    }
  }
  await daemon.stop();
  const { placed, late } = await mustBeWhole(field.client, field);
  return `${placed} jobs placed (${late} late), 0 missing, 0 doubled`;
});

const CULPRITS = { wrong: "of-another-type", denied: "denied" } as const;
const ACL =
  "btu on >secret ~btu_scheduler:* ~rq:job:* ~rq:wip:* ~rq:queues ~rq:workers ~rq:worker:* " +
  "~rq:queue:short ~rq:queue:default ~rq:queue:long ~rq:queue:of-another-type +@all -@admin";

async function mendQueues(client: Redis): Promise<void> {
  await client.del(`rq:queue:${CULPRITS.wrong}`);
  await client.acl("SETUSER", "btu", `~rq:queue:${CULPRITS.denied}`);
}

faultTest("a queue key of another type and a denied queue among healthy ones", async () => {
  const healthy = makePeriodic(SCHEDULES, PERIODS);
  const culprits = Object.values(CULPRITS).flatMap((queue) =>
    [0, 1].map((phase) => ({ id: `${queue}-${phase}`, periodSeconds: 2, phase, queue })),
  );
  await using field = await openField([...healthy, ...culprits], { acl: [ACL] });
  await field.client.set(`rq:queue:${CULPRITS.wrong}`, "no list");
  await using daemon = await field.start({ more: 'rq_username = "btu"\nrq_password = "secret"' });
  await realDelay(IS_FULL ? 60_000 : 6_000);
  await mendQueues(field.client);
  const hasJobs = async (): Promise<boolean> => {
    const lengths = Object.values(CULPRITS).map((queue) => field.client.llen(`rq:queue:${queue}`));
    return (await Promise.all(lengths)).every((length) => length >= 2);
  };
  await eventually(hasJobs, { what: "mended queues take jobs" });
  await daemon.stop();
  const isCulprit = (id: string): boolean => culprits.some((one) => one.id === id);
  const { placed, failed, ledger } = await mustBeWhole(field.client, {
    schedules: field.schedules,
    mayFail: isCulprit,
  });
  const reasons = ledger.filter(({ outcome }) => outcome === "failed").map(({ reason }) => reason);
  for (const queue of Object.values(CULPRITS)) {
    expect(reasons).toContainEqual(expect.stringContaining(`queue:${queue}`));
  }
  const lateMs = ledger
    .filter(({ schedule = "" }) => !isCulprit(schedule))
    .map(({ due, fired_ms: firedMs }) => Number(firedMs) - 1000 * Number(due))
    .toSorted((a, b) => a - b);
  const p99 = lateMs[Math.floor(lateMs.length * 0.99)] ?? 0;
  expect(p99).toBeLessThan(HEALTHY_LATE_MAX_MS);
  return `${placed} jobs placed, ${failed} failed with their reason; the healthy ones at most ${lateMs.at(-1)} ms late`;
});
