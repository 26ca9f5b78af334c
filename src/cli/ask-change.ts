/** Asks the daemon to do what is not to be done twice. */
import { LostAnswerError } from "../control/client.ts";
import { OTHER_VERSION } from "./answers.ts";
import type { Asked, CliContext } from "./context.ts";

/** A change that is asked for. */
export interface ChangeRequest<Done> extends Asked {
  readonly type: string;
  readonly isDone: (answer: unknown) => answer is Done;
  /** The command that shows whether it was done. */
  readonly check: string;
}

/**
 * What the daemon answers.
 *
 * @throws as `CliContext.ask`; LostAnswerError, which tells how to find out, when it may have been done.
 */
export async function askChange<Done>(
  { type, isDone, check, ...asked }: ChangeRequest<Done>,
  context: CliContext,
): Promise<Done> {
  try {
    const answer = await context.ask(type, asked);
    if (isDone(answer)) return answer;
    throw new LostAnswerError(OTHER_VERSION);
  } catch (error) {
    if (!(error instanceof LostAnswerError)) throw error;
    const text = `${error.message}; it may have been done all the same: look at "${check}" before you ask again`;
    throw new LostAnswerError(text, { cause: error.cause });
  }
}
