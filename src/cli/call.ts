/** What a call of the program comes with. */
import type { Clock } from "../base/clock.ts";
import type { Screen } from "./output.ts";

/** What the program is called with. */
export interface CallOptions {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly screen: Screen;
  readonly clock: Clock;
  /** Standard input, read by commands that ask for it. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** See `ContextOptions`. */
  readonly interruption?: () => AbortSignal;
}
