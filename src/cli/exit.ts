/** How a command ends. */
import { NoDaemonError } from "../control/client.ts";
import { ConfigurationError, UsageError } from "../base/errors.ts";

/** The exit codes of `btu`. */
export const EXIT = {
  ok: 0,
  /** Something is wrong, and the command has told what. */
  problem: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  noDaemon: 3,
  notFound: 4,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each means, for help, manual page and docs/cli.md. */
export const EXIT_MEANINGS: ReadonlyArray<readonly [code: ExitCode, meaning: string]> = [
  [EXIT.ok, "all is well"],
  [EXIT.problem, "a problem was found, or the command failed"],
  [EXIT.usage, "wrong command line or configuration"],
  [EXIT.noDaemon, "no daemon runs"],
  [EXIT.notFound, "what was asked for by name does not exist"],
];

/** What somebody can do who expected a daemon. */
export const DAEMON_WAY_OUT = "Look at: systemctl status btu_scheduler";

/** What was asked for by name does not exist: exit code 4. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** The exit code that an error leads to. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof ConfigurationError) return EXIT.usage;
  if (error instanceof NoDaemonError) return EXIT.noDaemon;
  return error instanceof NotFoundError ? EXIT.notFound : EXIT.problem;
}
