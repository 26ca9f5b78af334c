/** Tells the service manager that we are ready, alive and ending; alive means that work goes round and the socket answers. */
import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { isAbort } from "../base/abort.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { ServiceManager } from "../base/service-manager.ts";
import { askDaemon } from "./client.ts";

/** What the signs are made of. */
export interface LifeSignsOptions {
  readonly manager: ServiceManager;
  /** How many rounds the fire loop has made. */
  readonly rounds: () => number;
  /** Our own control socket; null where there is none. */
  readonly socketPath: string | null;
  /** One line for `systemctl status`. */
  readonly summary: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often is looked whether everything has begun. */
const START_LOOK_MS = 20;
/** Three looks within the time that the manager allows: one may fail. */
const LOOKS_PER_WATCHDOG = 3;
/** Also where nobody watches, or not so closely. */
const LOOK_EVERY_MAX_MS = 20_000;
/** How soon a changed summary is told. */
const STATUS_EVERY_MS = 1_000;
/** Our own socket answers within a millisecond; a loaded machine may take its time. */
const PING_TIMEOUT_MS = 5_000;

/** The service; one per daemon that a manager started. */
export class LifeSigns implements Service {
  readonly name = "life signs";
  readonly #options: LifeSignsOptions;
  #roundsBefore = 0;
  /** The status as it was told last. */
  #told = "";

  constructor(options: LifeSignsOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { manager, log } = this.#options;
    try {
      await this.#untilStarted(signal);
      if (!manager.tell("READY=1", this.#tellingStatus())) {
        log.warn("tell the service manager that we are ready: it did not take the message");
      }
      await this.#goOn(signal);
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    } finally {
      manager.tell("STOPPING=1");
    }
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    const { manager, clock, log } = this.#options;
    let lookAtMs = clock.monotonicMs() + this.#everyMs();
    while (!signal.aborted) {
      const leftMs = lookAtMs - clock.monotonicMs();
      await sleep(clock, Math.min(leftMs, STATUS_EVERY_MS), signal);
      if (clock.monotonicMs() < lookAtMs) {
        if (this.#status() !== this.#told) manager.tell(this.#tellingStatus());
        continue;
      }
      lookAtMs = clock.monotonicMs() + this.#everyMs();
      const problem = await this.#problem();
      if (problem === null) manager.tell("WATCHDOG=1", this.#tellingStatus());
      else log.error(`no sign of life for the service manager: ${problem}`);
    }
  }

  async #untilStarted(signal: AbortSignal): Promise<void> {
    while ((await this.#problem()) !== null) {
      await sleep(this.#options.clock, START_LOOK_MS, signal);
    }
  }

  #everyMs(): number {
    const { watchdogMs } = this.#options.manager;
    return Math.min((watchdogMs ?? Infinity) / LOOKS_PER_WATCHDOG, LOOK_EVERY_MAX_MS);
  }

  #status(): string {
    return `STATUS=${this.#options.summary().replaceAll(/\s+/g, " ")}`;
  }

  #tellingStatus(): string {
    this.#told = this.#status();
    return this.#told;
  }

  /** What stands still, or null. A round counts once. */
  async #problem(): Promise<string | null> {
    const { rounds, socketPath, clock } = this.#options;
    const count = rounds();
    if (count === this.#roundsBefore) return "the fire loop stands still";
    if (socketPath !== null) {
      try {
        await askDaemon(
          { type: "ping", content: null },
          { socketPath, clock, timeoutMs: PING_TIMEOUT_MS },
        );
      } catch (error) {
        return `the control socket does not answer: ${describeError(error)}`;
      }
    }
    this.#roundsBefore = count;
    return null;
  }
}
