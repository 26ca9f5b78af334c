/** Whether this daemon does the work. One of several does; the others stand by. */
import { Lease } from "../agenda/lease.ts";
import type { LeaseView, LeaseWish } from "../agenda/lease.ts";
import type { Agenda } from "../agenda/agenda.ts";
import { claimState } from "../agenda/state.ts";
import { isAbort, withDeadline } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { Wakeup } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { ConfigurationError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { Keys } from "../redis/keys.ts";
import { redisTimeMs, redisUptimeSeconds } from "../redis/time.ts";
import { Fitness } from "./fitness.ts";
import { OldState } from "./old-state.ts";

/** What leadership needs. */
export interface LeadershipOptions {
  readonly redis: RedisConnection;
  readonly agenda: Agenda;
  readonly keys: Keys;
  readonly prefix: string;
  readonly sourceId: string;
  /** Different for each running daemon; people read it. */
  readonly daemonId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when this daemon begins or ceases to lead; `isFirst` as long as it has seen no other lead. */
  readonly onChange: (isLeader: boolean, about: { readonly isFirst: boolean }) => void;
  /**
   * Writes back what is remembered after Redis went back in time; `isFirst` unless another daemon has done so. Calls
   * `keepLease` now and then: a repair may last longer than a lease.
   */
  readonly repair: (isFirst: boolean, keepLease: () => Promise<void>) => Promise<void>;
}

/** How things stand, for `btu status`. */
export interface LeadershipStatus {
  readonly daemon_id: string;
  readonly role: "leader" | "standby";
  /** The leading daemon, as last seen. */
  readonly leader: string | null;
  readonly term: number;
  /** Our clock less Redis's, in milliseconds; null before the first look, and for a moment after a jump. */
  readonly clock_offset_ms: number | null;
}

/** A dead leader is followed within this and a look: below 3 s. */
const TTL_MS = 2_500;
/** The answer to a renewal is trusted this much shorter than Redis keeps the lease. */
const TRUST_MARGIN_MS = 300;
const RENEW_EVERY_MS = 1_000;
/** A leader that ends is followed within a second. */
const STANDBY_LOOKS_EVERY_MS = 800;
/** Between whole looks one command is enough: an idle daemon is to cost Redis next to nothing. */
const WHOLE_LOOK_EVERY_MS = 45_000;
/** Twice that, and a little. */
const GONE_AFTER_MS = 100_000;
/** A little after a lease should have ended. */
const AFTER_END_MS = 20;
/** A Redis that is up for less may have come back a moment before this daemon started. */
const YOUNG_REDIS_SECONDS = 5;
const LEAVE_TIMEOUT_MS = 500;

/** The service. */
export class Leadership implements Service {
  readonly name = "leadership";
  readonly #options: LeadershipOptions;
  readonly #wakeup: Wakeup;
  readonly #outage: Outage;
  readonly #lease: Lease;
  readonly #oldState: OldState;
  readonly #fitness: Fitness;
  #view: LeaseView | null = null;
  #trustUntilMs = -Infinity;
  #isTold = false;
  #wished: LeaseWish = "look";
  #ledBefore = false;
  #onClockKnown: Array<() => void> = [];
  #isFirst = true;
  #wholeLookAtMs = -Infinity;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const { redis, keys, daemonId: me } = options;
    const times = { ttlMs: TTL_MS, goneAfterMs: GONE_AFTER_MS };
    this.#lease = new Lease({ client: redis.client, keys, me, ...times });
    this.#wakeup = new Wakeup(options.clock);
    this.#outage = new Outage("the lease", options);
    this.#oldState = new OldState(options.clock);
    this.#fitness = new Fitness(options.clock);
  }

  /** Whether this daemon may work now; false as soon as the lease may be another's. */
  get isLeader(): boolean {
    return this.#options.clock.monotonicMs() < this.#trustUntilMs;
  }

  get status(): LeadershipStatus {
    const { offsetMs } = this.#fitness;
    return {
      daemon_id: this.#options.daemonId,
      role: this.isLeader ? "leader" : "standby",
      leader: this.#view?.leader ?? null,
      term: this.#view?.term ?? 0,
      clock_offset_ms: offsetMs === null ? null : Math.round(offsetMs),
    };
  }

  /** Looks at once: somebody saw that Redis is not what it was. */
  check(): void {
    this.#wholeLookAtMs = -Infinity;
    this.#wakeup.wake();
  }

  /**
   * Does nothing more before it is known whether the clock, which jumped, is right: it may be the other daemon's turn. Calls
   * back once that is known.
   */
  clockJumped(onKnown: () => void): void {
    this.#trustUntilMs = -Infinity;
    this.#fitness.forgetClock();
    this.#onClockKnown.push(onKnown);
    this.check();
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { redis } = this.#options;
    redis.onReady(() => {
      if (this.#view !== null && !this.#ledBefore) this.#oldState.letLeaderGoFirst();
      this.check();
    });
    let isClaimed = false;
    while (!signal.aborted) {
      try {
        await redis.ready(signal);
        isClaimed ||= await this.#claim();
        if (isClaimed && !(await this.#lookBriefly())) await this.#look();
        if (isClaimed) this.#outage.recovered();
      } catch (error) {
        if (isAbort(error, signal)) break;
        if (error instanceof ConfigurationError) throw error;
        if (redis.isReady) this.#outage.failed(error);
      }
      this.#tell();
      await this.#wakeup.sleep(this.#pauseMs(), signal);
    }
    await this.#leave();
  }

  async #claim(): Promise<boolean> {
    const { redis, prefix, sourceId, log } = this.#options;
    const result = await claimState({ client: redis.client, prefix, sourceId, log });
    if (result === "ours") return true;
    const text = `a daemon still lives under the former redis_key_prefix "${result.waitingFor}"`;
    this.#outage.failed(new Error(text));
    return false;
  }

  /** Renews, or sees that the leader lives; false when a whole look is needed. */
  async #lookBriefly(): Promise<boolean> {
    const { clock, daemonId } = this.#options;
    const startedMs = clock.monotonicMs();
    const view = this.#view;
    if (view === null || startedMs >= this.#wholeLookAtMs + WHOLE_LOOK_EVERY_MS) return false;
    // One that only looked, or yields, is not known to the others as fit.
    if (this.#wished !== "lead" || !this.#lease.canRenewBriefly) return false;
    if (!this.isLeader) {
      const leftMs = await this.#lease.leftMs();
      this.#view = { ...view, leftMs };
      return leftMs > 0;
    }
    const leader = await this.#lease.renew();
    if (leader !== daemonId) return false;
    this.#trustUntilMs = startedMs + TTL_MS - TRUST_MARGIN_MS;
    return true;
  }

  async #look(): Promise<void> {
    const { agenda, clock } = this.#options;
    if (this.#fitness.offsetMs === null) await this.#compareClocks();
    const startedMs = clock.monotonicMs();
    this.#wholeLookAtMs = startedMs;
    const before = this.#view;
    this.#wished = this.#wish();
    // What scripts raise while the answer is on its way must not make it look old.
    const seen = agenda.generation;
    const view = await this.#ask(this.#wished);
    this.#view = view;
    this.#fitness.note(view, startedMs);
    const isOld = view.generation < seen;
    const wasRepaired = before !== null && view.repairs !== before.repairs;
    if (isOld || wasRepaired) await this.#meetOldState(view, isOld ? seen : null);
    else this.#oldState.end();
    if (this.#oldState.isOpen) return;
    agenda.noteGeneration(view.generation);
    const leads = view.leader === this.#options.daemonId;
    if (!leads && view.leader !== null) this.#isFirst = false;
    this.#trustUntilMs = leads ? startedMs + TTL_MS - TRUST_MARGIN_MS : -Infinity;
    this.#ledBefore = leads;
    for (const onKnown of this.#onClockKnown.splice(0)) onKnown();
  }

  /** Whether our clock is right must be known before we call ourselves fit. */
  async #compareClocks(): Promise<void> {
    const { clock, redis } = this.#options;
    if (this.#view === null) await this.#lookFirst();
    const startedMs = clock.monotonicMs();
    this.#fitness.noteClock(await redisTimeMs(redis.client), startedMs);
  }

  /** Redis may have just come back: another daemon, which it remembers, may be about to find that its state is older. */
  async #lookFirst(): Promise<void> {
    const view = await this.#ask("look");
    const mayBeOlder = view.others > 0 && view.generation > 0;
    const uptimeSeconds = mayBeOlder ? await redisUptimeSeconds(this.#options.redis.client) : null;
    if ((uptimeSeconds ?? Infinity) < YOUNG_REDIS_SECONDS) this.#oldState.letLeaderGoFirst();
  }

  /** The daemon that led repairs at once, the others after it had its time, so that the newest memory comes first. */
  async #meetOldState(view: LeaseView, seen: number | null): Promise<void> {
    const { log, repair } = this.#options;
    const isOld = seen !== null;
    this.#trustUntilMs = -Infinity;
    if (isOld && this.#oldState.begin()) {
      const fields = { generation: view.generation, seen };
      log.error("Redis came back with an older state; writing back what is remembered", fields);
    }
    if (isOld && !this.#ledBefore && this.#oldState.mustWait(view.leader)) return;
    // An empty Redis belongs to whoever claims it first.
    if (isOld && !(await this.#claim())) return;
    await repair(isOld, this.#leaseKeeper());
    // Our own repair is counted too: we need not answer it.
    this.#view = await this.#ask(this.#wish());
    this.#oldState.end();
    this.check();
  }

  /** Renews the lease of a daemon that repairs, as often as is needed, without its working meanwhile. */
  #leaseKeeper(): () => Promise<void> {
    const { clock } = this.#options;
    let askedMs = clock.monotonicMs();
    return async () => {
      if (clock.monotonicMs() < askedMs + RENEW_EVERY_MS) return;
      askedMs = clock.monotonicMs();
      await this.#ask(this.#wish());
    };
  }

  #wish(): LeaseWish {
    if (this.#oldState.isOpen && !this.#ledBefore) return "look";
    if (this.#oldState.isLeaderFirst) return "look";
    return this.#fitness.isClockWrong ? "yield" : "lead";
  }

  #ask(wish: LeaseWish): Promise<LeaseView> {
    return this.#lease.ask(wish, this.#fitness.othersSinceMs);
  }

  #pauseMs(): number {
    if (this.isLeader) return RENEW_EVERY_MS;
    const leftMs = this.#view?.leftMs ?? -1;
    const endMs = leftMs < 0 ? Infinity : leftMs + AFTER_END_MS;
    return Math.min(endMs, STANDBY_LOOKS_EVERY_MS);
  }

  #tell(): void {
    if (this.isLeader === this.#isTold) return;
    this.#isTold = this.isLeader;
    const { log, onChange } = this.#options;
    const term = this.#view?.term ?? 0;
    if (this.#isTold) log.info("this daemon leads", { term });
    else log.warn("this daemon stands by", { leader: this.#view?.leader ?? undefined });
    onChange(this.#isTold, { isFirst: this.#isFirst });
  }

  /** Another daemon need not wait until the lease runs out. */
  async #leave(): Promise<void> {
    this.#trustUntilMs = -Infinity;
    if (!this.#options.redis.isReady) return;
    const { clock } = this.#options;
    const options = { clock, timeoutMs: LEAVE_TIMEOUT_MS, action: "give up the lease" };
    await withDeadline(options, () => this.#ask("leave")).catch(() => undefined);
  }
}
