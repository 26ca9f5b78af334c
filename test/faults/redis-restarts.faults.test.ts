/** Redis is killed and comes back with all it had acknowledged, with an older state, or with nothing. */
import { eventually, realDelay } from "../support/eventually.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { openField } from "./field.ts";
import type { Field } from "./field.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole, readLeftovers } from "./reckoning.ts";

const CRASHES = IS_FULL ? 20 : 2;
const SCHEDULES = 300;
const PERIODS = [2, 3, 4, 5];
const WORK_MS = [1_500, 4_000] as const;
const AWAY_MS = [0, 2_500] as const;
/** Time to go on in, after the last crash. */
const AFTER_MS = 1_500;

const PLACED_LINE = /fire: fired(?: late)? schedule=(\S+) due=(\S+) .*\bjob=(\S+)/g;

async function crash(field: Field, chance: Chance): Promise<void> {
  await field.redis.process.kill();
  await realDelay(chance.between(...AWAY_MS));
  await field.redis.process.restart();
  await eventually(() => field.client.status === "ready", { what: "the test's own connection" });
}

faultTest(`Redis killed ${CRASHES} times, with AOF`, async (chance) => {
  await using field = await openField(makePeriodic(SCHEDULES, PERIODS), { aof: true });
  await using daemon = await field.start();
  for (let count = 0; count < CRASHES; count += 1) {
    await realDelay(chance.between(...WORK_MS));
    await crash(field, chance);
    await field.caughtUp();
  }
  await realDelay(AFTER_MS);
  await daemon.stop();
  const { placed, late } = await mustBeWhole(field.client, field);
  return `${placed} jobs placed (${late} late), 0 missing, 0 doubled`;
});

/** What a daemon says that it placed: occurrence to the ids of its jobs. */
function placedByLog(log: string): Map<string, Set<string>> {
  const placed = new Map<string, Set<string>>();
  for (const [, schedule = "", due = "", job = ""] of log.matchAll(PLACED_LINE)) {
    const occurrence = `${schedule}|${Date.parse(due) / 1000}`;
    placed.set(occurrence, (placed.get(occurrence) ?? new Set()).add(job));
  }
  return placed;
}

function isLost(ledger: readonly LedgerFields[], schedule: string, due: number): boolean {
  const entries = ledger.filter((entry) => entry["schedule"] === schedule);
  return entries.some(
    ({ outcome, due: from, until }) =>
      outcome === "lost" && due >= Number(from) && due <= Number(until ?? from),
  );
}

interface Gone {
  readonly placed: number;
  /** Placed, and gone with Redis. */
  readonly gone: ReadonlyArray<{ readonly schedule: string; readonly due: number }>;
  readonly ledger: readonly LedgerFields[];
}

/** Each second's job was placed once, though Redis forgot some of them. */
async function mustHavePlacedAllOnce(field: Field, log: string): Promise<Gone> {
  const placed = placedByLog(log);
  const findings = [...placed]
    .filter(([, jobs]) => jobs.size > 1)
    .map(([occurrence, jobs]) => `doubled: ${occurrence}, ${[...jobs].join(" ")}`);
  const { planned, jobs, ledger } = await readLeftovers(field.client);
  const kept = new Set(jobs.map(({ id }) => id));
  const gone: Array<{ schedule: string; due: number }> = [];
  for (const { id, periodSeconds } of field.schedules) {
    const dues = [...placed.keys()]
      .filter((occurrence) => occurrence.startsWith(`${id}|`))
      .map((occurrence) => Number(occurrence.slice(id.length + 1)))
      .toSorted((a, b) => a - b);
    const next = Number.parseInt(planned[id] ?? "", 10);
    for (const [index, due] of dues.entries()) {
      const follower = dues[index + 1] ?? next;
      if (follower !== due + periodSeconds)
        findings.push(`missing: ${id} from ${due} to ${follower}`);
      const [job = ""] = placed.get(`${id}|${due}`) ?? [];
      if (!kept.has(job)) gone.push({ schedule: id, due });
    }
  }
  if (findings.length > 0) {
    throw new Error(`${findings.length} findings:\n  ${findings.slice(0, 20).join("\n  ")}`);
  }
  return { placed: placed.size, gone, ledger };
}

faultTest(`Redis killed ${CRASHES} times, back with an older snapshot`, async (chance) => {
  await using field = await openField(makePeriodic(SCHEDULES, PERIODS));
  const more = 'log_level = "info"';
  await using leader = await field.start({ more });
  await using standby = await field.start({ more });
  for (let count = 0; count < CRASHES; count += 1) {
    await realDelay(chance.between(...WORK_MS));
    await field.client.save();
    await realDelay(chance.between(...WORK_MS));
    await crash(field, chance);
    await field.caughtUp();
  }
  await realDelay(AFTER_MS);
  await Promise.all([leader.stop(), standby.stop()]);
  const log = leader.log() + standby.log();
  const { placed, gone, ledger } = await mustHavePlacedAllOnce(field, log);
  const untold = gone.filter(({ schedule, due }) => !isLost(ledger, schedule, due));
  if (untold.length > 0) {
    throw new Error(
      `${untold.length} of ${gone.length} are gone and not entered as lost: ${JSON.stringify(untold[0])}`,
    );
  }
  return `${placed} occurrences placed once, ${gone.length} jobs gone with Redis, all entered as lost`;
});

faultTest(`Redis killed ${CRASHES} times, back with nothing`, async (chance) => {
  await using field = await openField(makePeriodic(SCHEDULES, PERIODS));
  await using daemon = await field.start({ more: 'log_level = "info"' });
  for (let count = 0; count < CRASHES; count += 1) {
    await realDelay(chance.between(...WORK_MS));
    await crash(field, chance);
    await field.caughtUp();
  }
  await realDelay(AFTER_MS);
  await daemon.stop();
  const { placed, gone, ledger } = await mustHavePlacedAllOnce(field, daemon.log());
  // What was lost before the last one cannot be told.
  const last = new Map(gone.map(({ schedule, due }) => [schedule, due]));
  const untold = [...last].filter(([schedule, due]) => !isLost(ledger, schedule, due));
  if (untold.length > 0) {
    throw new Error(
      `${untold.length} of ${last.size} are gone and not entered as lost: ${untold[0]?.join("|")}`,
    );
  }
  return `${placed} occurrences placed once; of each schedule the last of ${gone.length} lost jobs is told`;
});
