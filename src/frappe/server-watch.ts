/** Whether the web server is there, as the last call saw it: one that is away is asked once a second, or when it wants to be. */
import { Outage } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { FrappeError } from "./errors.ts";
import type { FrappeFault } from "./errors.ts";

/** The daemon is to be back within 2 s of the server's return; a bench that restarts is not to be stormed. */
const ASK_EVERY_MS = 1_000;

/** Faults of the server as a whole: no other call would fare better. */
const AWAY: ReadonlySet<FrappeFault> = new Set([
  "unreachable",
  "timeout",
  "gateway",
  "maintenance",
  "rate-limited",
]);

/** Tells whether an error, or one of its causes, says that the server is away. */
export function isServerAway(error: unknown): boolean {
  if (error instanceof FrappeError) return AWAY.has(error.kind);
  return error instanceof Error && error.cause !== undefined && isServerAway(error.cause);
}

/** The watch over one server; its outages are logged at growing distances. */
export class ServerWatch {
  /** For logs and `btu status`. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #outage: Outage;
  #fault: FrappeError | null = null;
  #askAgainMs = 0;

  constructor(baseUrl: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.name = `web server ${baseUrl}`;
    this.#clock = clock;
    this.#outage = new Outage(this.name, { clock, log });
  }

  /** Why it is away, or null. */
  get problem(): string | null {
    return this.#outage.reason;
  }

  /**
   * To be called before each call.
   *
   * @throws FrappeError the last fault, while the server is away and not to be asked yet.
   */
  beforeCall(): void {
    if (this.#fault === null) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#askAgainMs) throw this.#fault.ofUnsent();
    this.#askAgainMs = nowMs + ASK_EVERY_MS;
  }

  /** To be told of each answer, and of each fault: null when there was none. */
  afterCall(fault: FrappeError | null): void {
    if (fault !== null && AWAY.has(fault.kind)) {
      this.#fault = fault;
      const pauseMs = Math.max(ASK_EVERY_MS, fault.retryAfterMs);
      this.#askAgainMs = this.#clock.monotonicMs() + pauseMs;
      this.#outage.failed(fault);
    } else {
      this.#fault = null;
      this.#outage.recovered();
    }
  }
}
