/** Output of the scripts that run on plain Node. */
import { isatty } from "node:tty";

const STDOUT = 1;
const BOLD = "\u001b[1m";
const RESET = "\u001b[0m";

const coloured = isatty(STDOUT) && process.env.NO_COLOR === undefined;

/** Prints one line. */
export function tell(text = "") {
  process.stdout.write(`${text}\n`);
}

/** Prints a line that stands out on a terminal. */
export function heading(text) {
  tell(coloured ? `\n${BOLD}== ${text}${RESET}` : `\n== ${text}`);
}

/** A span of milliseconds as "4.2 s". */
export function inSeconds(spanMs) {
  return `${(spanMs / 1000).toFixed(1)} s`;
}

/** A fault that people can mend: told without a stack. */
export class SetupError extends Error {}
