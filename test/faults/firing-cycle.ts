/** One firing from the daemon's start to the planned successor, with a fault at any message of any connection. */
import type { Redis } from "ioredis";
import type { BtuSite } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { ProxyMessage, Verdict } from "../support/fault-proxy.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { agendaOf, ledgerOf, queuedOn, waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";

/** The cron text of the one schedule: due every ten seconds. */
export const EVERY_TEN_SECONDS = "*/10 * * * * * *";
const PERIOD_SECONDS = 10;
const DUE_SECONDS = Date.UTC(2027, 4, 3, 10, 0, 0) / 1000;
/** The daemon reads everything in this time, then it fires; on a busy machine it may also be a little late. */
const LEAD_MS = 350;
/** What nobody has planned yet must not come too late to be planned. */
const UNPLANNED_LEAD_MS = 2_000;
/** The same for a daemon that has to wait first until the lease of one that was killed runs out. */
const UNPLANNED_AFTER_CRASH_LEAD_MS = 4_000;
/** After the last message of a cycle nothing more comes for so long. */
const QUIET_MS = 120;

const PLAN_KEYS = ["btu_scheduler:planned", "btu_scheduler:task_execution_times"];

/** Which message: the n-th of all, or the first one with such a name. */
type Where = number | RegExp;

/** The wall time a little before the occurrence with this number (0 is the first) is due. */
function wallBefore(occurrence: number, leadMs = LEAD_MS): number {
  return (DUE_SECONDS + occurrence * PERIOD_SECONDS) * 1000 - leadMs;
}

/** The occurrence with this number as it stands in the ledger. */
export function dueOf(occurrence: number): string {
  return String(DUE_SECONDS + occurrence * PERIOD_SECONDS);
}

/** What a cycle left behind. */
export interface CycleEnd {
  /** The message that was struck; null when the cycle was over before. */
  readonly struck: ProxyMessage | null;
  /** Due instants in the ledger, one for each entry, in their order. */
  readonly dues: readonly string[];
  readonly outcomes: readonly string[];
  /** Jobs as the ledger names them, and as they lie on the queue. */
  readonly placed: readonly string[];
  readonly queued: readonly string[];
  readonly agenda: readonly string[];
  /** Whether the first occurrence was planned, or fired already, when the daemon was killed. */
  readonly hadFirst: boolean;
}

/** What a cycle begins with. */
export interface CycleStart {
  /** Whether a daemon that ran before has planned the first occurrence. Default true. */
  readonly isPlanned?: boolean;
}

/** A Redis of its own and proxies before all three servers, used for one cycle after the other. */
export class Track implements AsyncDisposable {
  readonly #site: BtuSite;
  readonly #redis: RedisServer;
  readonly #client: Redis;
  readonly #proxies: Record<"redis" | "sql" | "http", FaultProxy>;
  readonly #more: string;
  /** What a daemon that ran before has planned: keys as DUMP gives them. */
  readonly #plan = new Map<string, Buffer>();

  private constructor(parts: TrackParts) {
    this.#site = parts.site;
    this.#redis = parts.redis;
    this.#client = parts.client;
    this.#proxies = parts.proxies;
    this.#more = parts.more;
  }

  static async open(site: BtuSite, more: string): Promise<Track> {
    const redis = await startRedis();
    const client = await redis.client();
    const proxies = {
      redis: await FaultProxy.start({ target: redis, protocol: "redis" }),
      sql: await FaultProxy.start({ target: site.mariadb, protocol: "mysql" }),
      http: await FaultProxy.start({ target: site.frappe, protocol: "http" }),
    };
    const track = new Track({ site, redis, client, proxies, more });
    await track.#rememberPlan();
    return track;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const proxies = Object.values(this.#proxies);
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    await this.#redis[Symbol.asyncDispose]();
  }

  /** A message of a cycle is struck and the daemon killed there; another one goes on after it. */
  async killAt(
    where: Where,
    verdict: "hold" | "hold-reply",
    { isPlanned = true }: CycleStart = {},
  ): Promise<CycleEnd> {
    using dir = tempDir();
    await this.#reset(isPlanned);
    const strike = this.#arm(where, verdict);
    const leadMs = isPlanned ? LEAD_MS : UNPLANNED_LEAD_MS;
    const through = this.#proxies;
    await using first = await this.#start(dir, { through, wallMs: wallBefore(0, leadMs) });
    await strike.over(this.#client);
    await first.kill();
    const struck = strike.message;
    const agenda = await agendaOf(this.#client);
    const fired = await ledgerOf(this.#client);
    const hadFirst = fired.length > 0 || agenda.some((member) => member.endsWith(dueOf(0)));
    this.#disarm();
    const isAnyPlanned = agenda.length > 0;
    const secondLeadMs = isAnyPlanned ? LEAD_MS : UNPLANNED_AFTER_CRASH_LEAD_MS;
    await using second = await this.#start(dir, { wallMs: wallBefore(1, secondLeadMs) });
    await waitForLedger(this.#client, hadFirst ? 2 : 1, second);
    await realDelay(QUIET_MS);
    return { ...(await this.#end(struck)), hadFirst };
  }

  /** A message of a cycle is struck; the same daemon has to go on by itself. */
  async breakAt(where: Where, verdict: Verdict): Promise<CycleEnd> {
    using dir = tempDir();
    await this.#reset(true);
    const strike = this.#arm(where, verdict);
    const through = this.#proxies;
    await using daemon = await this.#start(dir, { through, wallMs: wallBefore(0) });
    await strike.over(this.#client);
    await waitForLedger(this.#client, 1, daemon).catch((cause: unknown) => {
      const text = `${JSON.stringify(verdict)} at ${strike.message?.name}`;
      throw new Error(`${text}: ${String(cause)}`, { cause });
    });
    await realDelay(QUIET_MS);
    const end = await this.#end(strike.message);
    this.#disarm();
    return end;
  }

  async #start(dir: TempDirLike, how: StartOptions): Promise<Daemon> {
    const { sql, http, redis } = how.through ?? {};
    const ports = {
      redis: redis?.port ?? this.#redis.port,
      ...(sql === undefined ? {} : { sql: sql.port }),
      ...(http === undefined ? {} : { http: http.port }),
    };
    return startDaemon({
      config: this.#site.config(this.#more, ports),
      dir,
      wallMs: how.wallMs,
      waitForPing: false,
    });
  }

  async #rememberPlan(): Promise<void> {
    using dir = tempDir();
    await using daemon = await this.#start(dir, { wallMs: wallBefore(0, 5_000) });
    await daemon.waitForLog(/agenda reconciled.* planned=1/, { from: 0 });
    for (const key of PLAN_KEYS) this.#plan.set(key, await this.#client.dumpBuffer(key));
  }

  async #reset(isPlanned: boolean): Promise<void> {
    await this.#client.flushall();
    // Redis forgets scripts with a restart only; a daemon may meet either state.
    await this.#client.script("FLUSH");
    if (!isPlanned) return;
    for (const [key, dumped] of this.#plan) await this.#client.restore(key, 0, dumped);
  }

  #arm(where: Where, verdict: Verdict): Strike {
    const strike = new Strike(where, verdict);
    for (const proxy of Object.values(this.#proxies))
      proxy.judge((message) => strike.judge(message));
    return strike;
  }

  #disarm(): void {
    for (const proxy of Object.values(this.#proxies)) {
      proxy.cutAll();
      proxy.passAll();
    }
  }

  async #end(struck: ProxyMessage | null): Promise<CycleEnd> {
    const ledger = await ledgerOf(this.#client);
    return {
      struck,
      dues: ledger.map(({ due = "" }) => due),
      outcomes: ledger.map(({ outcome = "" }) => outcome),
      placed: ledger.map(({ job = "" }) => job),
      queued: await queuedOn(this.#client, "default"),
      agenda: await agendaOf(this.#client),
      hadFirst: true,
    };
  }
}

interface TrackParts {
  readonly site: BtuSite;
  readonly redis: RedisServer;
  readonly client: Redis;
  readonly proxies: Record<"redis" | "sql" | "http", FaultProxy>;
  readonly more: string;
}

type TempDirLike = ReturnType<typeof tempDir>;

interface StartOptions {
  /** Proxies in place of the servers themselves. */
  readonly through?: Record<"redis" | "sql" | "http", FaultProxy>;
  readonly wallMs: number;
}

/** Counts the messages of all connections together and strikes one of them. */
class Strike {
  message: ProxyMessage | null = null;
  readonly #where: Where;
  readonly #verdict: Verdict;
  #seen = 0;

  constructor(where: Where, verdict: Verdict) {
    this.#where = where;
    this.#verdict = verdict;
  }

  judge(message: ProxyMessage): Verdict {
    this.#seen += 1;
    if (this.message !== null || !this.#isMeant(message)) return "pass";
    this.message = message;
    return this.#verdict;
  }

  #isMeant({ name }: ProxyMessage): boolean {
    const where = this.#where;
    return typeof where === "number" ? this.#seen === where : where.test(name);
  }

  /** Waits until it has struck, or until the cycle went by without that. */
  async over(client: Redis): Promise<void> {
    const look = async (): Promise<boolean> =>
      this.message !== null || (await this.#isCycleOver(client));
    await eventually(look, { what: `message ${this.#where} comes, or the cycle ends` });
  }

  async #isCycleOver(client: Redis): Promise<boolean> {
    if ((await ledgerOf(client)).length === 0) return false;
    const seen = this.#seen;
    await realDelay(QUIET_MS);
    return seen === this.#seen;
  }
}

/** Their number differs a little from cycle to cycle: so many in a row must be without a message of their number. */
const EMPTY_CYCLES = 4;

/** Each test takes every so many messages, beginning with another; all of them in the long form. */
export const STRIDE = process.env["BTU_TEST_FULL"] === "1" ? 1 : 3;

/**
 * Runs `cycle` for the messages `first`, `first + STRIDE` … on several tracks at once, until cycles have no such message
 * any more.
 */
export async function forEachMessage(
  tracks: readonly Track[],
  first: number,
  cycle: (track: Track, number: number) => Promise<CycleEnd>,
): Promise<CycleEnd[]> {
  const ends: CycleEnd[] = [];
  let next = STRIDE === 1 ? 1 : first;
  let empty = 0;
  const follow = async (track: Track): Promise<void> => {
    while (empty < EMPTY_CYCLES) {
      const number = next;
      next += STRIDE;
      const end = await cycle(track, number);
      ends.push(end);
      empty = end.struck === null ? empty + 1 : 0;
    }
  };
  await Promise.all(tracks.map(follow));
  return ends;
}
