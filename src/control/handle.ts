/** Carries out commands; the same for every transport. Answers come from memory, the work happens after. */
import { describeError, unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Reply } from "./command.ts";
import type { SeeCommand } from "./see-command.ts";
import type { Request } from "./wire.ts";

/** What commands act on. */
export interface HandlerOptions {
  readonly log: Log;
  readonly status: () => Promise<unknown>;
  readonly list: () => unknown;
  /** What is asked about schedules beyond their list. */
  readonly see: (command: SeeCommand) => Promise<unknown>;
  /** Reads a schedule again; must not be waited for. */
  readonly reread: (scheduleId: string) => void;
}

/** Answers one request. */
export type Handle = (request: Request) => Promise<Reply>;

/** Makes the handler of a daemon. */
export function makeHandler(options: HandlerOptions): Handle {
  return async (request) => {
    try {
      return await answer(request, options);
    } catch (error) {
      options.log.error(`${request.type} failed: ${describeError(error)}`);
      return { ok: false, code: "failed", message: `${request.type}: ${describeError(error)}` };
    }
  };
}

async function answer({ command, fault, type }: Request, options: HandlerOptions): Promise<Reply> {
  if (fault !== null) return { ok: false, code: "bad_request", message: fault };
  if (command === null) {
    options.log.warn("unknown request", { request_type: type.slice(0, 100) });
    return { ok: false, code: "unknown_request", message: `no request is called "${type}"` };
  }
  switch (command.kind) {
    case "ping":
      return { ok: true, result: "pong" };
    case "status":
      return { ok: true, result: await options.status() };
    case "list":
      return { ok: true, result: options.list() };
    case "history":
    case "explain":
    case "timeline":
      return { ok: true, result: await options.see(command) };
    case "reread":
      options.log.info("told to read a schedule again", {
        schedule: command.scheduleId,
        request: command.word,
      });
      options.reread(command.scheduleId);
      return { ok: true, result: null };
    default:
      return unreachable(command);
  }
}
