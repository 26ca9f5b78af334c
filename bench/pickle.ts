/** How many pickles a second. */
import { decodePickle } from "../src/pickle/decode.ts";
import { encodePickle } from "../src/pickle/encode.ts";
import { parseLiteral } from "../src/pickle/literal.ts";
import { pyRepr } from "../src/pickle/repr.ts";
import { PyDict, PyTuple } from "../src/pickle/value.ts";
import type { Measure } from "./measure.ts";

const ROUNDS = 5;
const CALLS = 100_000;

const plainJob = new PyTuple([
  "reports.nightly.run",
  null,
  new PyTuple([1n, "two", 3.5]),
  PyDict.fromRecord({ full: true, since: null }),
]);

const frappeJob = new PyTuple([
  "frappe.utils.background_jobs.execute_job",
  null,
  new PyTuple([]),
  PyDict.fromRecord({
    site: "site1.local",
    user: "Administrator",
    method: "btu.btu_core.task_runner.run_task_by_id",
    event: null,
    job_name: "btu.btu_core.task_runner.run_task_by_id",
    is_async: true,
    kwargs: PyDict.fromRecord({
      task_id: "TASK-000001",
      site_name: "site1.local",
      schedule_id: "TS-000001",
    }),
  }),
]);

const plainPickle = encodePickle(plainJob);
const frappePickle = encodePickle(frappeJob);
const frappeText = pyRepr(frappeJob);

const WORKS: ReadonlyArray<readonly [name: string, work: () => unknown]> = [
  ["encode a plain job", () => encodePickle(plainJob)],
  ["encode a Frappe job", () => encodePickle(frappeJob)],
  ["decode a plain job", () => decodePickle(plainPickle)],
  ["decode a Frappe job", () => decodePickle(frappePickle)],
  ["show a Frappe job", () => pyRepr(frappeJob)],
  ["read a Frappe job as a literal", () => parseLiteral(frappeText)],
];

/** Calls a second, of the best round: other load only ever slows. */
function rateOf(work: () => unknown): number {
  let bestMs = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let call = 0; call < CALLS; call += 1) work();
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  return (CALLS / bestMs) * 1_000;
}

/** Measures everything; takes a few seconds. */
export function benchPickle(): Measure[] {
  return WORKS.map(([name, work]) => ({ name, value: rateOf(work), unit: "/s" }));
}
