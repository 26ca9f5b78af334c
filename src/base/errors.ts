/** The few kinds of error that somebody catches, and how any error is told to people. */

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The configuration is wrong, all its faults at once: exit code 2. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly faults: readonly string[];

  constructor(place: string, faults: readonly string[], options?: ErrorOptions) {
    super(
      [`invalid configuration in ${place}:`, ...faults.map((fault) => `  ${fault}`)].join("\n"),
      options,
    );
    this.faults = faults;
  }
}

/** The program cannot start as things are, and says what to change: exit code 1. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** The code of an error, as a system or a driver gives it: `ENOENT`, `ER_NO_SUCH_TABLE`, `42P01`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** How deep a chain of causes is told: beyond it only noise has been seen. */
const CAUSES_MAX = 4;

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const text = error.message || error.name;
  return code === "" || text.includes(code) ? text : `${text} (${code})`;
}

/** One line for people: the message, its error code and the messages of its causes. */
export function describeError(error: unknown): string {
  const texts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && current !== undefined && current !== null; depth += 1) {
    const text = textOf(current).replaceAll(/\s*\n\s*/g, "; ");
    if (!texts.some((known) => known.includes(text))) texts.push(text);
    current = current instanceof Error ? (current.cause ?? firstOf(current)) : undefined;
  }
  return texts.join(": ");
}

/** An `AggregateError` (a host with two addresses, say) tells its matter in its first part. */
function firstOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : undefined;
}

/** Whatever was thrown, as an `Error`: only foreign code throws anything else. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** Fails the build when a `switch` forgets a member of a union. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
