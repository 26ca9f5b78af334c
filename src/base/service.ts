/** What runs for long: started together, ended together, always awaited. */
import { isAbort } from "./abort.ts";
import type { Clock } from "./clock.ts";
import { asError, describeError } from "./errors.ts";
import type { Log } from "./log.ts";

/** A part of the daemon that runs until its signal aborts. */
export interface Service {
  readonly name: string;
  /**
   * Runs until `signal` aborts, then finishes what is in flight and resolves. Rejects only on a fault that it cannot
   * live with; an abort is no fault. Is called once.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** What `runServices` needs. */
export interface RunOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the program is asked to end. */
  readonly signal: AbortSignal;
  /** How long all services together may take to end, in milliseconds. */
  readonly graceMs: number;
}

/**
 * Runs all services until the signal aborts or one of them ends, then ends the others and waits for them.
 *
 * @throws the fault of the first service that failed; Error when one is still running after `graceMs`.
 */
export async function runServices(
  services: readonly Service[],
  options: RunOptions,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const running = new Set<string>();
  let fault: Error | undefined;
  const runs = services.map(async (service) => {
    running.add(service.name);
    try {
      await service.run(signal);
    } catch (error) {
      if (isAbort(error, signal)) return;
      // The first one is for the caller to tell; what fails in its wake would be lost.
      if (fault === undefined) fault = asError(error);
      else options.log.error(`${service.name} failed: ${describeError(error)}`);
    } finally {
      running.delete(service.name);
      stop.abort(new Error(`${service.name} has ended`));
    }
  });
  await Promise.race([Promise.all(runs), stopped(signal).then(() => graceOver(options))]);
  // What ended it counts more than who was slow to follow.
  if (fault !== undefined) throw fault;
  if (running.size > 0) throw new Error(`${[...running].join(", ")} did not end in time`);
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function graceOver({ clock, graceMs }: RunOptions): Promise<void> {
  return new Promise((resolve) => clock.timer(graceMs, resolve));
}
