/** The wall clock stepped by seconds, hours, days and years, both ways, under a working daemon. */
import { readFileSync } from "node:fs";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { ledgerOf } from "../support/rq-keys.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { openField } from "./field.ts";
import type { Field } from "./field.ts";
import { makePeriodic } from "./periodic.ts";
import { jobFindings, readLeftovers } from "./reckoning.ts";

const ROUNDS = IS_FULL ? 10 : 1;
const SCHEDULES = 200;
const PERIODS = [2, 3, 4];
const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** What is due fires within a second; a busy machine takes its part. */
const FIRES_WITHIN_MS = 1_000 + 500;
/** A round of all periods, and a little more. */
const GO_ON_MS = 5_000;
/** In so long a time in which nothing is due… */
const IDLE_MS = 2_000;
/** … a daemon may use so much of a processor. */
const IDLE_CPU_MS_MAX = 400;
/** The unit of /proc/PID/stat. */
const TICK_MS = 10;

/** Forward by the time, and later back by it; the daemon must tell each. */
const JUMPS: ReadonlyArray<readonly [name: string, lowMs: number, highMs: number]> = [
  ["seconds", 2 * SECOND_MS, 4 * SECOND_MS],
  ["almost a minute", 30 * SECOND_MS, 50 * SECOND_MS],
  ["hours", HOUR_MS, 20 * HOUR_MS],
  ["days", 2 * DAY_MS, 30 * DAY_MS],
  ["years", YEAR_MS, 9 * YEAR_MS],
];

/** A step of the wall. */
interface Step {
  /** The first instant after it, by the wall. */
  readonly afterMs: number;
  /** Entries that the ledger had before; those of earlier steps may bear any time. */
  readonly entriesBefore: number;
}

const PLACED = new Set(["fired", "late"]);

/** Milliseconds of processor time that a process has used. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The wall as the daemon sees it. */
class Wall {
  readonly #field: Field;
  readonly #daemon: Daemon;
  #aheadMs = 0;

  constructor(field: Field, daemon: Daemon) {
    this.#field = field;
    this.#daemon = daemon;
  }

  get nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Steps it, and waits until the daemon has told so. */
  async step(byMs: number): Promise<Step> {
    const entriesBefore = (await ledgerOf(this.#field.client)).length;
    const from = this.#daemon.log().length;
    this.#aheadMs += byMs;
    const afterMs = this.nowMs;
    this.#daemon.setWall(afterMs);
    const direction = byMs > 0 ? "forward" : "back";
    const line = new RegExp(`clock: the clock went ${direction} by_s=`);
    await this.#daemon.waitForLog(line, { from });
    return { afterMs, entriesBefore };
  }
}

interface Placed {
  readonly schedule: string;
  readonly due: string;
  readonly sinceMs: number;
}

/** Placed entries since a step, with the milliseconds from the step to their placing. */
async function placedSince(
  field: Field,
  { afterMs, entriesBefore }: Step,
): Promise<readonly Placed[]> {
  const ledger = await ledgerOf(field.client);
  return ledger
    .slice(entriesBefore)
    .filter(({ outcome = "" }) => PLACED.has(outcome))
    .map(({ schedule = "", due = "", fired_ms: firedMs }) => {
      return { schedule, due, sinceMs: Number(firedMs) - afterMs };
    });
}

async function mustFireSoon(field: Field, step: Step): Promise<number> {
  const look = async (): Promise<number | null> => {
    const placed = await placedSince(field, step);
    // One that was on its way when the clock was set bears the time before.
    const entries = placed.filter(({ sinceMs }) => sinceMs >= 0 && sinceMs <= HOUR_MS / 2);
    const first = new Map<string, number>();
    for (const { schedule, sinceMs } of entries.toReversed()) first.set(schedule, sinceMs);
    const isAll = field.schedules.every(({ id }) => first.has(id));
    return isAll ? Math.max(...first.values()) : null;
  };
  return eventually(look, { what: "every schedule fires after the jump" });
}

async function mustBeQuiet(field: Field, daemon: Daemon, step: Step): Promise<void> {
  const usedMs = cpuMs(daemon.child.pid);
  await realDelay(IDLE_MS);
  const used = cpuMs(daemon.child.pid) - usedMs;
  if (used > IDLE_CPU_MS_MAX) throw new Error(`busy for ${used} of ${IDLE_MS} ms`);
  // A firing may have been on its way when the clock was set.
  const placed = await placedSince(field, step);
  const again = placed.filter(({ sinceMs }) => sinceMs >= SECOND_MS && sinceMs <= IDLE_MS);
  if (again.length > 0) throw new Error(`placed after a step back: ${JSON.stringify(again[0])}`);
}

/** Nothing is placed twice: between two resets of a clock error each schedule's due instants only grow. */
function orderFindings(ledger: readonly LedgerFields[]): string[] {
  const last = new Map<string, number>();
  return ledger.flatMap(({ schedule = "", due, until, outcome = "" }) => {
    if (outcome === "clock_reset") {
      last.delete(schedule);
      return [];
    }
    const before = last.get(schedule) ?? -Infinity;
    last.set(schedule, Number(until ?? due));
    return Number(due) > before ? [] : [`doubled: ${schedule}|${due}, ${outcome}`];
  });
}

async function jump(
  { field, daemon, wall }: { field: Field; daemon: Daemon; wall: Wall },
  byMs: number,
): Promise<number> {
  const tookMs = await mustFireSoon(field, await wall.step(byMs));
  const isWholeRound = byMs > Math.max(...PERIODS) * SECOND_MS;
  if (isWholeRound && tookMs > FIRES_WITHIN_MS) throw new Error(`only ${tookMs} ms after it`);
  await realDelay(500);
  const back = await wall.step(-byMs);
  if (byMs > DAY_MS) await mustFireSoon(field, back);
  else if (byMs > HOUR_MS / 2) await mustBeQuiet(field, daemon, back);
  // Where nothing may run again for hours, the rest of the way is another jump.
  if (byMs > HOUR_MS / 2 && byMs < DAY_MS)
    await mustFireSoon(field, await wall.step(byMs + HOUR_MS));
  return tookMs;
}

faultTest("the clock stepped by seconds to years, both ways", async (chance: Chance) => {
  await using field = await openField(makePeriodic(SCHEDULES, PERIODS));
  await using daemon = await field.start({ wallMs: Date.now() });
  const wall = new Wall(field, daemon);
  await mustFireSoon(field, { afterMs: wall.nowMs, entriesBefore: 0 });
  let slowestMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, lowMs, highMs] of JUMPS) {
      const byMs = Math.round(chance.between(lowMs, highMs));
      const tookMs = await jump({ field, daemon, wall }, byMs).catch((cause: unknown) => {
        throw new Error(`${name}, ${byMs} ms: ${String(cause)}\n${daemon.log()}`, { cause });
      });
      if (byMs > HOUR_MS) slowestMs = Math.max(slowestMs, tookMs);
      await realDelay(GO_ON_MS / 5);
    }
  }
  await daemon.stop();
  const left = await readLeftovers(field.client);
  const findings = [
    ...orderFindings(left.ledger),
    ...jobFindings(left).filter((text) => !text.includes("lies behind")),
  ];
  if (findings.length > 0) {
    throw new Error(`${findings.length} findings:\n  ${findings.slice(0, 20).join("\n  ")}`);
  }
  return `${left.jobs.length} jobs placed, none twice; ${slowestMs} ms at most after a jump`;
});
