/** What there is to know of calling `btu-daemon`, for its help and its manual page. */

type Pair = readonly [what: string, meaning: string];

/** One sentence. */
export const DAEMON_ABOUT = "Puts RQ jobs on their queues at the second they are due.";

/** What else is to be known before the first start. */
export const DAEMON_DETAILS =
  "It runs in the foreground and needs no root: a service manager such as systemd starts it, and starts it again. " +
  "Several may run beside each other: one of them does the work, and another takes over when it is gone.";

/** Its flags, each as it is typed. */
export const DAEMON_FLAGS: readonly Pair[] = [
  [
    "--config FILE",
    "configuration to use; default: $BTU_SCHEDULER_CONFIG, else /etc/btu_scheduler/btu_scheduler.toml",
  ],
  ["--log-format FORMAT", "auto, pretty, plain or json; default: log_format of the configuration"],
  ["--check-config", "reads the configuration, tells what is wrong with it, and ends"],
  ["--version", "prints the version and ends"],
  ["--help", "prints this and ends"],
];

/** The signals that it takes. */
export const DAEMON_SIGNALS: readonly Pair[] = [
  ["SIGTERM, SIGINT", "finishes what is under way and ends; a second one ends it at once"],
  ["SIGHUP", "opens the log file anew and reads the configuration and all schedules again"],
];

/** How it ends. */
export const DAEMON_EXIT_CODES: readonly Pair[] = [
  ["0", "ended by a signal"],
  ["1", "cannot start"],
  ["2", "wrong usage or configuration"],
  ["70", "internal fault"],
];

const WIDTH = 100;
const INDENT = 2;

function table(pairs: readonly Pair[]): string {
  const start = INDENT + Math.max(...pairs.map(([what]) => what.length)) + INDENT;
  return pairs
    .flatMap(([what, meaning]) => {
      const [first, ...more] = Bun.wrapAnsi(meaning, WIDTH - start).split("\n");
      const head = `${" ".repeat(INDENT)}${what}`.padEnd(start);
      return [`${head}${first}`, ...more.map((line) => `${" ".repeat(start)}${line}`)];
    })
    .join("\n");
}

/** What `btu-daemon --help` prints. */
export function daemonUsage(): string {
  return `Usage: btu-daemon [--config FILE] [--log-format FORMAT] [--check-config]

${DAEMON_ABOUT}

${Bun.wrapAnsi(DAEMON_DETAILS, WIDTH)}

Flags
${table(DAEMON_FLAGS)}

Signals
${table(DAEMON_SIGNALS)}

Exit codes
${table(DAEMON_EXIT_CODES)}

btu shows and controls a running daemon: btu --help
`;
}
