/** What a daemon says of itself. */
import { ConfigurationError, describeError } from "../base/errors.ts";
import { NoDaemonError } from "../control/client.ts";
import type { StatusDocument } from "../observe/status.ts";
import { asStatus } from "./answers.ts";
import type { CliContext } from "./context.ts";

/** The JSON document where no daemon runs: it has no other parts. */
export interface DownDocument {
  readonly health: "down";
  readonly problems: readonly string[];
}

/** Asks for it once; any trouble but that no daemon runs is thrown. */
export async function askStatus(context: CliContext): Promise<StatusDocument | DownDocument> {
  try {
    return asStatus(await context.ask("status"));
  } catch (error) {
    if (!(error instanceof NoDaemonError)) throw error;
    return { health: "down", problems: [describeError(error)] };
  }
}

/** The same for whoever goes on asking: a daemon that ends in the midst of its answer will be back. */
export async function readStatus(context: CliContext): Promise<StatusDocument | DownDocument> {
  try {
    return await askStatus(context);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    return { health: "down", problems: [describeError(error)] };
  }
}
