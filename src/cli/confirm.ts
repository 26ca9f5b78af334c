/** Asks before something that cannot be undone. */
import type { ArgsDef } from "citty";
import { UsageError } from "../base/errors.ts";
import type { CliContext } from "./context.ts";

/** The flag of every command that asks. */
export const YES_ARG = {
  yes: { type: "boolean", alias: "y", description: "Do it without asking first" },
} as const satisfies ArgsDef;

/** Whoever was asked did not agree: nothing was done, exit code 1. */
class NotConfirmedError extends Error {
  override readonly name = "NotConfirmedError";
}

/** More than this is no answer. */
const ANSWER_BYTES_MAX = 1_000;

async function readLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of input) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes("\n") || text.length > ANSWER_BYTES_MAX) break;
  }
  return text.split("\n", 1).join("").trim();
}

/**
 * Returns when it may be done: `isAgreed` is what `--yes` says, else the person at the terminal is asked.
 *
 * @param question with a question mark, such as `Forget 3 planned runs?`
 * @throws UsageError where nobody can be asked; NotConfirmedError for any answer but yes.
 */
export async function confirm(
  question: string,
  isAgreed: boolean,
  context: CliContext,
): Promise<void> {
  if (isAgreed) return;
  const { output } = context;
  if (!output.canAsk) {
    throw new UsageError(`${question} Nobody can be asked here; add --yes to do it`);
  }
  context.progress.stop();
  output.prompt(`${question} [y/N] `);
  const answer = await readLine(context.input());
  if (!/^y(?:es)?$/i.test(answer)) throw new NotConfirmedError("not confirmed: nothing was done");
}
