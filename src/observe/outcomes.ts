/** The words of the ledger: what each says became of an occurrence. */
import type { Outcome } from "../agenda/fire-request.ts";

/** What each word means; for help and documentation. */
export const OUTCOME_MEANINGS: Readonly<Record<Outcome, string>> = {
  fired: "its job was placed when it was due",
  late: "its job was placed, but late",
  handed_over: "the site was told to enqueue it",
  manual: "run by hand",
  skipped_misfire: "missed, and the misfire policy does not run it",
  skipped_overlap: "the previous job still waited or ran",
  skipped_paused: "the schedule was paused",
  dropped: "the schedule was edited, disabled or deleted before its job was placed",
  failed: "its job could not be made or placed",
  lost: "placed, and then Redis came back with an older state",
  clock_reset: "no occurrence: an instant that a wrong clock had left was set back",
};

/** All words. */
export const OUTCOMES: readonly string[] = Object.keys(OUTCOME_MEANINGS);

const PLACED: ReadonlySet<string> = new Set(["fired", "late", "handed_over", "manual"]);
const WENT_WRONG: ReadonlySet<string> = new Set(["failed", "lost", "skipped_misfire", "dropped"]);

/** Whether a job came of it. */
export function isPlaced(outcome: string): boolean {
  return PLACED.has(outcome);
}

/** Whether somebody should hear of it: an occurrence did not run, and nobody had asked for that. */
export function wentWrong(outcome: string): boolean {
  return WENT_WRONG.has(outcome);
}
