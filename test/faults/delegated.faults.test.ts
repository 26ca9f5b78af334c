/**
 * A web server in trouble, and a daemon that is killed, while the site enqueues its jobs itself: what is handed over was enqueued,
 * and nothing was enqueued more often than the ledger admits.
 */
import { randomUUID } from "node:crypto";
import { expect } from "bun:test";
import { formatRqTime } from "../../src/job/rq-job.ts";
import type { Daemon } from "../support/daemon.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import { pickledTask } from "../support/rq-seed.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import { makePeriodic } from "./periodic.ts";
import type { Periodic } from "./periodic.ts";
import { auditAll, bySchedule, readLeftovers, scheduleFindings, throwIfAny } from "./reckoning.ts";
import { endureTroubles } from "./server-troubles.ts";
import { mustCatchUp, mustGoOn, openSiteField } from "./site-field.ts";
import type { SiteField } from "./site-field.ts";

/** Time enough to look after a request whose answer was lost, for most of them. */
const PERIODS = [4, 5, 6, 10];
const ROWS = makePeriodic(150, PERIODS);
const QUEUES = ["default", "long"];
const KILLED_SHARE = 0.25;
/** Entered once all is well again. */
const AFTERWARDS = IS_FULL ? 300 : 50;

const MAY_END_AS = new Set(["handed_over", "failed"]);
const MAY_BE_DONE = /the site may have enqueued it|whether the site enqueued it/;

/** Does as the site's app: puts a job of the schedule on its queue. */
async function enqueue({ client }: SiteField, scheduleId: string): Promise<void> {
  // As in the rows: every third task has a queue of its own.
  const isLong = ROWS.findIndex(({ id }) => id === scheduleId) % 3 === 1;
  const queue = QUEUES[isLong ? 1 : 0] ?? "";
  const id = randomUUID();
  const now = formatRqTime(Date.now());
  const data = pickledTask("BTU-00001", scheduleId);
  const fields = { created_at: now, enqueued_at: now, status: "queued", origin: queue, data };
  await client.hset(`rq:job:${id}`, fields);
  await client.sadd("rq:queues", `rq:queue:${queue}`);
  await client.rpush(`rq:queue:${queue}`, id);
}

/** What one schedule came to. */
interface Count {
  readonly enqueued: number;
  readonly handedOver: number;
  /** Given up without knowing. */
  readonly unknown: number;
}

function countFindings(
  { id }: Periodic,
  { enqueued, handedOver, unknown }: Count,
  own: readonly LedgerFields[],
): string[] {
  const entries = own.map(({ due, outcome, reason = "" }) => `${due} ${outcome} ${reason}`);
  const told = `${id}: ${enqueued} jobs, ${handedOver} handed over, ${unknown} given up unknown: ${entries.join("; ")}`;
  return [
    ...(enqueued < handedOver ? [`missing: ${told}`] : []),
    ...(enqueued > handedOver + unknown ? [`doubled: ${told}`] : []),
  ];
}

faultTest(`a web server in trouble that enqueues for ${ROWS.length} rows`, async (chance) => {
  const holder = {} as { field: SiteField };
  await using field = await openSiteField({
    name: "v16",
    rows: ROWS,
    more: 'job_builder = "delegated"',
    frappe: { enqueue: (scheduleId) => enqueue(holder.field, scheduleId) },
  });
  holder.field = field;
  let kills = 0;
  const between = async (daemon: Daemon): Promise<Daemon> => {
    if (!chance.isLikely(KILLED_SHARE)) return daemon;
    kills += 1;
    await daemon.kill();
    return field.start();
  };
  const first = await field.start();
  await mustGoOn(field, AFTERWARDS);
  const { daemon, told } = await endureTroubles(field, first, { chance, between });
  await mustGoOn(field, AFTERWARDS);
  await mustCatchUp(field, daemon, told);
  await daemon.stop();
  const left = await readLeftovers(field.client);
  const entries = bySchedule(left.ledger);
  const findings = ROWS.flatMap((row) => {
    const own = entries.get(row.id) ?? [];
    const count = {
      enqueued: left.jobs.filter(({ schedule }) => schedule === row.id).length,
      handedOver: own.filter(({ outcome }) => outcome === "handed_over").length,
      unknown: own.filter(({ reason = "" }) => MAY_BE_DONE.test(reason)).length,
    };
    const options = { entries: own, mayEndAs: MAY_END_AS };
    return [...scheduleFindings(row, options, left), ...countFindings(row, count, own)];
  });
  throwIfAny(findings, `${left.jobs.length} jobs`);
  const { missing, doubled, unexpected } = await auditAll(field.client);
  expect({ missing, doubled, unexpected }).toEqual({ missing: 0, doubled: 0, unexpected: 0 });
  const handedOver = left.ledger.filter(({ outcome }) => outcome === "handed_over");
  const found = handedOver.filter(({ reason = "" }) => reason.includes("was found"));
  const failed = left.ledger.filter(({ outcome }) => outcome === "failed");
  const unknown = failed.filter(({ reason = "" }) => MAY_BE_DONE.test(reason));
  expect(handedOver.length).toBeGreaterThan(AFTERWARDS);
  return `${left.jobs.length} jobs enqueued, ${handedOver.length} handed over (${found.length} of them found after a lost answer), ${failed.length} failed (${unknown.length} without knowing), ${kills} kills; ${told}`;
});
