/** A web server in trouble while it pickles: each job is placed once or failed with its reason, and native ones notice nothing. */
import { expect } from "bun:test";
import { encodePickle } from "../../src/pickle/encode.ts";
import { PyDict, PyTuple } from "../../src/pickle/value.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";
import { endureTroubles } from "./server-troubles.ts";
import { latenessOf, mustCatchUp, mustGoOn, openSiteField } from "./site-field.ts";

const PERIODS = [3, 4, 5, 6];
const ROWS = makePeriodic(100, PERIODS);
const NATIVE = makePeriodic(100, PERIODS, "N");
const isRow = (id: string): boolean => id.startsWith("S");
/** Who needs no web server is placed within this, whatever that one does. */
const NATIVE_LATE_MAX_MS = 5_000;
/** Fetched just in time, so that short troubles matter too. */
const MORE = "prefetch_secs = 1";
/** Entered once all is well again. */
const AFTERWARDS = IS_FULL ? 500 : 100;

/** As the harness counts: the call carries the schedule's id. */
function pickleOf(scheduleId: string): Uint8Array {
  const call = ["faults.count", null, new PyTuple([scheduleId, 1n]), new PyDict()];
  return encodePickle(new PyTuple(call));
}

faultTest(`a web server in trouble that pickles for ${ROWS.length} rows`, async (chance) => {
  await using field = await openSiteField({
    name: "v14",
    rows: ROWS,
    beside: NATIVE,
    more: MORE,
    frappe: { pickledTask: ({ scheduleId }) => pickleOf(scheduleId ?? "") },
  });
  await using first = await field.start();
  await mustGoOn(field, AFTERWARDS);
  const { daemon, told } = await endureTroubles(field, first, { chance });
  await mustGoOn(field, AFTERWARDS);
  await mustCatchUp(field, daemon, told);
  await daemon.stop();
  const sum = await mustBeWhole(field.client, { schedules: [...ROWS, ...NATIVE], mayFail: isRow });
  const native = sum.ledger.filter(({ schedule = "" }) => !isRow(schedule));
  expect(new Set(native.map(({ outcome }) => outcome))).toEqual(new Set(["fired"]));
  const { p99Ms, maxMs } = latenessOf(native);
  expect(maxMs).toBeLessThan(NATIVE_LATE_MAX_MS);
  const failed = sum.ledger.filter(({ outcome }) => outcome === "failed");
  for (const { reason } of failed) expect(reason).toContain("fetch the job of BTU Task");
  // A server that was in trouble all the time would prove nothing.
  const pickled = sum.placed - native.length;
  expect(pickled).toBeGreaterThan(ROWS.length);
  const { missing, doubled } = sum.audit;
  return `${pickled} pickled jobs placed, ${failed.length} failed with their reason, ${native.length} native ones (99 % within ${p99Ms} ms, the last ${maxMs} ms late), ${missing} missing, ${doubled} doubled; ${told}`;
});
