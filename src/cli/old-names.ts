/** Names by which the earlier BTU programs were called: what came in their place, or how the same is done now. */
import { UsageError } from "../base/errors.ts";

/** What became of an old name; `*` at its end stands for any rest of a word. */
type OldName =
  | { readonly old: string; readonly now: string }
  | { readonly old: string; readonly instead: string };

/** A command line in the words of today. */
export interface Renewed {
  readonly argv: readonly string[];
  /** What to tell of the change; null when there was none. */
  readonly note: string | null;
}

const HELLO =
  "run a schedule of your own with: btu run SCHEDULE, and look at the job with: btu job";
const JOURNAL = "read the log with: journalctl -u btu_scheduler";

/** Two words count before one. */
export const OLD_NAMES: readonly OldName[] = [
  // The first `btu`, written in Rust.
  { old: "print-config", now: "config show" },
  { old: "list-tasks", now: "tasks" },
  { old: "list-jobs", now: "jobs" },
  { old: "show-job", now: "job" },
  { old: "show-scheduled", now: "list" },
  { old: "queue-task-now", now: "run --task" },
  { old: "queue-job-now", now: "requeue" },
  // `btu-py` and the `btu` that followed it, both written in Python.
  { old: "run-daemon", instead: "the daemon is a program of its own: btu-daemon" },
  { old: "about", now: "version" },
  {
    old: "config edit",
    instead: "edit the file with: sudo editor $(btu config path), then: btu config check",
  },
  { old: "list-scheduled-tasks", now: "list" },
  {
    old: "clear-scheduled-tasks",
    instead:
      "next runs follow from the schedules, and clearing them would have no effect; " +
      "to make the agenda agree with them: btu reconcile; to keep one from running: btu pause SCHEDULE",
  },
  { old: "test frappe-ping", now: "test-ping" },
  { old: "test pickler", now: "test-pickler" },
  { old: "test redis", now: "doctor" },
  { old: "test sql", now: "doctor" },
  { old: "test unix-socket-*", now: "ping" },
  { old: "test tcp-*", instead: "the daemon has no TCP port; ask its socket with: btu ping" },
  {
    old: "test slack",
    instead: "the daemon sends no messages to Slack; watch btu status, or its exit code",
  },
  {
    old: "test test-rq-hello-world",
    instead: HELLO,
  },
  {
    old: "test rq-hello-world",
    instead: HELLO,
  },
  { old: "test", now: "doctor" },
  { old: "service-status", now: "status" },
  {
    old: "install-systemd",
    instead:
      "install.sh and the packages bring the unit btu_scheduler.service; see: install.sh --help",
  },
  { old: "logs show", instead: JOURNAL },
  {
    old: "logs truncate",
    instead: "the log is journald's, or rotated by logrotate; btu changes neither",
  },
  { old: "logs", instead: JOURNAL },
];

/** Flags of the earlier programs that asked for more to be told. */
export const OLD_FLAGS: readonly string[] = ["-d", "--debug", "--verbose"];

/** What is said of them; the command is carried out all the same. */
export const OLD_FLAG_NOTE =
  "-d, --debug and --verbose do nothing any more: the key log_level says how much the daemon's log tells";

function matches(old: string, typed: string): boolean {
  return old.endsWith("*") ? typed.startsWith(old.slice(0, -1)) : typed === old;
}

/** Where the first two words stand; a word after `--config` is its value. */
function wordPlaces(argv: readonly string[]): number[] {
  const places: number[] = [];
  for (let index = 0; index < argv.length && places.length < 2; index += 1) {
    const token = argv[index] ?? "";
    if (token === "--") break;
    if (token === "--config") index += 1;
    else if (!token.startsWith("-")) places.push(index);
  }
  return places;
}

function find(words: readonly string[]): { found: OldName; length: number } | null {
  for (let length = words.length; length > 0; length -= 1) {
    const typed = words.slice(0, length).join(" ");
    const found = OLD_NAMES.find(({ old }) => matches(old, typed));
    if (found !== undefined) return { found, length };
  }
  return null;
}

/**
 * Puts today's words in the place of old ones.
 *
 * @throws UsageError for what is done otherwise now, telling how.
 */
export function renew(argv: readonly string[]): Renewed {
  const places = wordPlaces(argv);
  const words = places.map((place) => argv[place] ?? "");
  const match = find(words);
  if (match === null) return { argv, note: null };
  const typed = words.slice(0, match.length).join(" ");
  if ("instead" in match.found)
    throw new UsageError(`"btu ${typed}" is gone: ${match.found.instead}`);
  const { now } = match.found;
  const replaced = new Set(places.slice(0, match.length));
  const [first = 0] = places;
  const renewed = argv.flatMap((token, index) => {
    if (index === first) return now.split(" ");
    return replaced.has(index) ? [] : [token];
  });
  return { argv: renewed, note: `"btu ${typed}" is now called: btu ${now}` };
}
