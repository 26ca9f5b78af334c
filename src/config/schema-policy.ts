/** The keys that say what happens out of the ordinary. */
import { choice, integer } from "./kind.ts";
import { ruleList } from "./kind-policy.ts";
import { key } from "./key.ts";
import type { ValuesOf } from "./key.ts";

const SECONDS_PER_DAY = 86_400;

/** What can be set for all schedules, and for some of them by a rule. */
export const POLICY_SETTINGS = {
  misfire: key(choice(["run_once", "skip", "run_all"]), {
    default: "run_once",
    about:
      "What happens to occurrences missed by more than a minute: the newest runs, none, or all.",
    live: true,
  }),
  misfire_grace_secs: key(integer({ min: 0, max: 366 * SECONDS_PER_DAY, unit: "seconds" }), {
    default: SECONDS_PER_DAY,
    about: "How old a missed occurrence may be and still run.",
    live: true,
  }),
  max_catchup: key(integer({ min: 1, max: 100_000 }), {
    default: 100,
    about: "How many missed occurrences of one schedule run_all runs at most, the newest ones.",
    live: true,
  }),
  overlap: key(choice(["allow", "skip"]), {
    default: null,
    whenUnset:
      "allow; but a native job of a site is skipped while a log of its task is In-Progress, as the app does it",
    about: "What happens while the previous job of a schedule still waits or runs.",
    example: "skip",
    live: true,
  }),
  jitter_secs: key(integer({ min: 0, max: SECONDS_PER_DAY, unit: "seconds" }), {
    default: 0,
    about: "Over how many seconds occurrences are spread, each schedule always by the same amount.",
    live: true,
  }),
  dst_gap: key(choice(["run_after", "skip"]), {
    default: "run_after",
    about:
      "Whether a run whose local time a clock change leaves out comes right after it, or not at all.",
    live: true,
  }),
  dst_overlap: key(choice(["first", "both", "last"]), {
    default: "first",
    about: "Which one runs when a clock change makes a fixed local time happen twice.",
    live: true,
  }),
};

/** Settings of a few schedules; what is left out keeps the value of all. */
export type PolicySettings = Partial<ValuesOf<typeof POLICY_SETTINGS>>;

/** What happens out of the ordinary. */
export const POLICY_KEYS = {
  ...POLICY_SETTINGS,
  policy: key(ruleList(POLICY_SETTINGS), {
    default: null,
    whenUnset: "the keys above count for all schedules",
    about:
      "Other values of the keys above for the schedules whose id matches; the first match counts.",
    live: true,
    example: [{ match: "TS-00001*", overlap: "skip" }],
  }),
};
