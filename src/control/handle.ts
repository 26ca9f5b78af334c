/** Carries out commands; the same for every transport. What can be told from memory is told at once. */
import { DeadlineError, withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, unreachable } from "../base/errors.ts";
import type { Log, LogFields } from "../base/log.ts";
import type { ScheduleEffect } from "../observe/effect.ts";
import { RefusedError } from "./command.ts";
import type { Asker, Command, PauseCommand, Reply, RereadCommand, RunCommand } from "./command.ts";
import type { SeeCommand } from "./see-command.ts";
import type { Request } from "./wire.ts";

/** What commands act on. */
export interface HandlerOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly status: () => unknown;
  readonly list: () => unknown;
  /** What is asked about schedules beyond their list. */
  readonly see: (command: SeeCommand) => Promise<unknown>;
  /** Reads schedules again, here and in the other daemons; resolves when the first read was written to the agenda. */
  readonly reread: (scheduleIds: readonly string[]) => Promise<void>;
  readonly effect: (scheduleId: string) => ScheduleEffect;
  /** Reads everything again; resolves with what to tell of it. */
  readonly reconcile: () => Promise<unknown>;
  readonly operate: (command: RunCommand | PauseCommand, asker: Asker) => Promise<unknown>;
  readonly reload: () => Promise<unknown>;
}

/** Answers one request. */
export type Handle = (request: Request, asker: Asker) => Promise<Reply>;

/** How long an answer waits for what the command does. */
const EFFECT_TIMEOUT_MS = 4_000;
/** A whole read of a large site over a slow line. */
const RECONCILE_TIMEOUT_MS = 60_000;

/** Makes the handler of a daemon. */
export function makeHandler(options: HandlerOptions): Handle {
  return async (request, asker) => {
    try {
      return await answer(request, asker, options);
    } catch (error) {
      if (error instanceof RefusedError) {
        options.log.warn(`${request.type} refused: ${error.message}`, { code: error.code });
        return { ok: false, code: error.code, message: error.message };
      }
      options.log.error(`${request.type} failed: ${describeError(error)}`);
      return { ok: false, code: "failed", message: `${request.type}: ${describeError(error)}` };
    }
  };
}

async function answer(request: Request, asker: Asker, options: HandlerOptions): Promise<Reply> {
  const { command, fault, type } = request;
  if (fault !== null) return { ok: false, code: "bad_request", message: fault };
  if (command === null) {
    options.log.warn("unknown request", { request_type: type.slice(0, 100) });
    return { ok: false, code: "unknown_request", message: `no request is called "${type}"` };
  }
  tellChange(command, asker, options.log);
  const result =
    command.kind === "reread"
      ? await reread(command, request.id !== null, options)
      : await carryOut(command, asker, options);
  return { ok: true, result };
}

function carryOut(
  command: Exclude<Command, RereadCommand>,
  asker: Asker,
  options: HandlerOptions,
): unknown {
  switch (command.kind) {
    case "ping":
      return "pong";
    case "status":
      return options.status();
    case "list":
      return options.list();
    case "history":
    case "explain":
    case "timeline":
      return options.see(command);
    case "reconcile":
      return within(RECONCILE_TIMEOUT_MS, "reconcile", options, options.reconcile);
    case "reload_configuration":
      return options.reload();
    case "run":
    case "pause":
    case "resume":
      return options.operate(command, asker);
    default:
      return unreachable(command);
  }
}

/** Whoever waits for the effect is told it; the app's old form is answered at once. */
async function reread(
  { scheduleId }: RereadCommand,
  wantsEffect: boolean,
  options: HandlerOptions,
): Promise<ScheduleEffect | null> {
  const reading = options.reread([scheduleId]);
  if (!wantsEffect) {
    reading.catch((error: unknown) => options.log.warn(`read again: ${describeError(error)}`));
    return null;
  }
  await within(EFFECT_TIMEOUT_MS, `read "${scheduleId}" again`, options, () => reading);
  return options.effect(scheduleId);
}

/** @throws RefusedError when it takes longer; the work itself goes on. */
async function within<T>(
  timeoutMs: number,
  action: string,
  { clock }: HandlerOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await withDeadline({ clock, timeoutMs, action }, work);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const text = `${action}: not done after ${timeoutMs / 1000} s; it goes on, see btu status`;
    throw new RefusedError("unavailable", text, { cause: error });
  }
}

/** Who asked for what, where something is changed by it. */
function tellChange(command: Command, { via, peer }: Asker, log: Log): void {
  const { kind } = command;
  const fields: LogFields = { via, ...peer };
  if (kind === "reread") {
    const { scheduleId: schedule, word: request } = command;
    log.info("told to read a schedule again", { schedule, request, ...fields });
  } else if (kind === "run") {
    const { target } = command;
    log.info("told to run", { [target.kind]: target.id, ...fields });
  } else if (kind === "pause" || kind === "resume") {
    log.info(`told to ${kind}`, { schedule: command.scheduleId ?? "all", ...fields });
  } else if (kind === "reconcile" || kind === "reload_configuration") {
    log.info(`told to ${kind}`, fields);
  }
}
