/** Many at once: 10,000 due in the same second, and 100,000 planned. */
import { expect } from "bun:test";
import { eventually, realDelay } from "../support/eventually.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import { openField } from "./field.ts";
import type { Field } from "./field.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";

const AT_ONCE = 10_000;
const PLANNED = IS_FULL ? 100_000 : 20_000;
/** All share one second of each of these. */
const PERIOD_SECONDS = 10;
const BURSTS = IS_FULL ? 6 : 1;
/** The last of them may be placed so late. */
const LATE_MAX_MS = 5_000;

async function planned({ client }: Field, count: number): Promise<void> {
  const isPlanned = async (): Promise<boolean> =>
    (await client.hlen("btu_scheduler:planned")) === count;
  await eventually(isPlanned, { what: `${count} are planned`, timeoutMs: 60_000 });
}

faultTest(
  `${AT_ONCE} schedules due in the same second, with a kill in its midst`,
  async (chance) => {
    const schedules = makePeriodic(AT_ONCE, [PERIOD_SECONDS]).map((one) => ({ ...one, phase: 0 }));
    await using field = await openField(schedules);
    let killed = 0;
    for (let burst = 0; burst < BURSTS; burst += 1) {
      await using daemon = await field.start({ dir: field.dir });
      await planned(field, AT_ONCE);
      await realDelay(PERIOD_SECONDS * 1000 - (Date.now() % (PERIOD_SECONDS * 1000)));
      await realDelay(chance.between(20, 400));
      await daemon.kill();
      killed += 1;
    }
    await using last = await field.start({ dir: field.dir });
    await field.caughtUp();
    // One burst without any harm is measured.
    const before = await field.client.xlen("btu_scheduler:ledger");
    const isDone = async (): Promise<boolean> =>
      (await field.client.xlen("btu_scheduler:ledger")) >= before + AT_ONCE;
    await eventually(isDone, { what: "the last burst", timeoutMs: 25_000 });
    await last.stop();
    const { placed, ledger } = await mustBeWhole(field.client, field);
    const lateMs = ledger
      .slice(-AT_ONCE)
      .map(({ due, fired_ms: firedMs }) => Number(firedMs) - 1000 * Number(due));
    const latest = Math.max(...lateMs);
    expect(latest).toBeLessThan(LATE_MAX_MS);
    return `${placed} jobs placed with ${killed} kills, 0 missing, 0 doubled; the last of ${AT_ONCE} called ${latest} ms late`;
  },
);

faultTest(`${PLANNED} schedules planned`, async () => {
  const schedules = makePeriodic(PLANNED, [60]);
  await using field = await openField(schedules);
  const startMs = performance.now();
  await using daemon = await field.start();
  await planned(field, PLANNED);
  const tookMs = Math.round(performance.now() - startMs);
  await realDelay(IS_FULL ? 61_000 : 4_000);
  await field.caughtUp();
  await daemon.stop();
  const { placed } = await mustBeWhole(field.client, field);
  return `planned ${tookMs} ms after the start; then ${placed} jobs placed, 0 missing, 0 doubled`;
});
