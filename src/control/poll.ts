/**
 * Fetches the app's commands from its web server, where neither the socket nor Redis connects us: the site keeps them on a
 * list until somebody asks.
 */
import { isAbort } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { FrappeEndpoints, PendingCommand } from "../frappe/endpoints.ts";
import { isServerAway } from "../frappe/server-watch.ts";
import type { Asker } from "./command.ts";
import type { Handle } from "./handle.ts";
import { readRequest } from "./wire.ts";
import type { Request } from "./wire.ts";

/** What the service needs. */
export interface CommandPollOptions {
  readonly endpoints: Pick<FrappeEndpoints, "baseUrl" | "getPendingSchedulerCommands">;
  readonly handle: Handle;
  /** Reads schedules again. */
  readonly reread: (scheduleIds: readonly string[]) => Promise<void>;
  /** Reads all schedules. */
  readonly readAll: () => Promise<void>;
  /** Whether this daemon leads: what one has fetched is gone for the others. */
  readonly mayAsk: () => boolean;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The commands as requests, those to read a schedule again folded into one of each schedule. */
interface Folded {
  readonly ids: ReadonlySet<string>;
  readonly others: readonly Request[];
}

/** Of the commands for one schedule the newest would count, and each says no more than that it changed. */
function fold(commands: readonly PendingCommand[]): Folded {
  const ids = new Set<string>();
  const others: Request[] = [];
  for (const { requestType, requestContent } of commands) {
    const message = { request_type: requestType, request_content: requestContent };
    const request = readRequest(JSON.stringify(message));
    if (request?.command?.kind === "reread") ids.add(request.command.scheduleId);
    else if (request !== null) others.push(request);
  }
  return { ids, others };
}

const ASKER: Asker = { via: "web server", peer: null };

/** The service; one per daemon. */
export class CommandPoll implements Service {
  readonly name = "command poll";
  readonly #options: CommandPollOptions;
  readonly #outage: Outage;
  /** An answer that was lost took its commands with it. */
  #hasLost = false;

  constructor(options: CommandPollOptions) {
    this.#options = options;
    this.#outage = new Outage(`taking commands from ${options.endpoints.baseUrl}`, options);
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, mayAsk } = this.#options;
    try {
      for (;;) {
        if (mayAsk()) await this.#poll(signal);
        await sleep(clock, everyMs, signal);
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    let commands: readonly PendingCommand[];
    try {
      commands = await this.#fetch(signal);
      this.#outage.recovered();
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      this.#hasLost = true;
      // A web server that is away is told once, by the watch over it.
      if (!isServerAway(error)) this.#outage.failed(error);
      return;
    }
    if (this.#hasLost) void this.#options.readAll();
    this.#hasLost = false;
    await this.#carryOut(fold(commands));
  }

  async #fetch(signal: AbortSignal): Promise<readonly PendingCommand[]> {
    const { endpoints, log } = this.#options;
    const { commands, unreadable } = await endpoints.getPendingSchedulerCommands(signal);
    if (unreadable > 0) log.warn("dropped commands that cannot be read", { count: unreadable });
    return commands;
  }

  async #carryOut({ ids, others }: Folded): Promise<void> {
    const { handle, reread, log } = this.#options;
    if (ids.size > 0) {
      const schedule = [...ids].slice(0, 3).join(", ");
      log.info("told to read schedules again", { via: "web server", count: ids.size, schedule });
      reread([...ids]).catch((error: unknown) => log.warn(`read again: ${describeError(error)}`));
    }
    // Nobody waits for the answers; what is wrong with a command the handler has logged.
    for (const request of others) await handle(request, ASKER);
  }
}
