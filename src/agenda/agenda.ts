/** Typed access to the agenda and the records beside it. */
import type { Redis } from "ioredis";
import type { Clock } from "../base/clock.ts";
import { pairs, readFields, scanFields } from "../redis/hash.ts";
import type { Keys } from "../redis/keys.ts";
import { requestKey, rqKeys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import type { RedisValue, Script } from "../redis/script.ts";
import applyLua from "./apply.lua" with { type: "text" };
import commonLua from "./common.lua" with { type: "text" };
import fireLua from "./fire.lua" with { type: "text" };
import lastJobLua from "./last-job.lua" with { type: "text" };
import repairLua from "./repair.lua" with { type: "text" };
import { encodeFire, KeyNumbers, missedArgs, nextArgs, parseFireVerdict } from "./fire-request.ts";
import type { FireRequest, FireVerdict, LastJob, MissedRun } from "./fire-request.ts";
import { formatSettled, parseSettled } from "./plan-record.ts";
import type { PlanRecord, SettledRecord } from "./plan-record.ts";
import { readVerdict } from "./verdict.ts";

const APPLY = defineScript("apply", commonLua + applyLua);
const FIRE = defineScript("fire", commonLua + lastJobLua + fireLua);
const REPAIR = defineScript("repair", commonLua + repairLua);

/** Members asked for in one command: about half a millisecond of Redis. */
const PAGE_SIZE = 1_000;

/** A member of the agenda with its score in epoch seconds. */
export interface AgendaEntry {
  readonly member: string;
  readonly scoreSeconds: number;
}

/** One change that `apply.lua` makes; texts as the script takes them. */
export interface ApplyOperation {
  readonly kind: "plan" | "drop" | "forget";
  /** The schedule; the agenda's member for "forget". */
  readonly id: string;
  /** The plan record as read, or "". */
  readonly read: string;
  /** The settled record as read after it, or "". */
  readonly settled: string;
  readonly due: string;
  readonly score: string;
  readonly plan: string;
  readonly reason: string;
  /** What is due and not placed by the plan that was read; null when that lives on, or nothing is. */
  readonly dropped: MissedRun | null;
  readonly change: string;
  readonly definition: string;
}

/** What became of a change; see the head of apply.lua. */
export interface ApplyVerdict {
  readonly kind: (typeof APPLY_VERDICTS)[number];
  /** The occurrence that was entered as dropped, epoch seconds; null for none. */
  readonly droppedSeconds: number | null;
}

const APPLY_VERDICTS = ["ok", "fired", "moved", "settled"] as const;

function parseApplyVerdict(text: string): ApplyVerdict {
  const [word, dropped] = text.split(" ");
  const kind = readVerdict("apply", APPLY_VERDICTS, word);
  return { kind, droppedSeconds: dropped === undefined ? null : Number(dropped) };
}

/** What a daemon remembers of one schedule, to be written back. */
export interface RepairOperation {
  readonly id: string;
  /** Null when it never fired. */
  readonly settled: SettledRecord | null;
  readonly next: { readonly plan: PlanRecord; readonly scoreSeconds: number } | null;
  /** JSON, or "". */
  readonly definition: string;
  /** JSON of the last job placed, or "". */
  readonly lastJob: string;
  /** Settled, and not known to Redis any more. */
  readonly lost: MissedRun | null;
  /** What Redis knew as settled when `lost` was counted. */
  readonly known: SettledRecord | null;
}

const REPAIR_VERDICTS = ["restored", "newer", "again"] as const;

/** What became of it; see the head of repair.lua. */
export type RepairVerdict = (typeof REPAIR_VERDICTS)[number];

/** Part of a repair. */
export interface RepairBatch {
  readonly identity: { readonly format: number; readonly source: string };
  readonly isLast: boolean;
  /** Id to JSON; written with the last batch. */
  readonly pauses: ReadonlyMap<string, string>;
  readonly operations: readonly RepairOperation[];
}

interface RunOptions {
  readonly nowMs?: number;
  readonly generation?: number;
}

/** What an agenda needs. */
export interface AgendaOptions {
  readonly client: Redis;
  readonly keys: Keys;
  readonly clock: Clock;
  /** Ledger entries kept, about. */
  readonly ledgerMax: number;
}

/** The agenda of one daemon. */
export class Agenda {
  readonly #options: AgendaOptions;
  #generation = 0;

  constructor(options: AgendaOptions) {
    this.#options = options;
  }

  /** Entries from the given rank on, earliest first. */
  async entries(offset: number, limit: number): Promise<AgendaEntry[]> {
    const { client, keys } = this.#options;
    const flat = await client.zrange(keys.agenda, offset, String(offset + limit - 1), "WITHSCORES");
    return pairs(flat).map(([member, score]) => ({ member, scoreSeconds: Number(score) }));
  }

  /** All members of the agenda, page by page. */
  async *members(): AsyncGenerator<string[]> {
    const { client, keys } = this.#options;
    for (let offset = 0; ; offset += PAGE_SIZE) {
      const page = await client.zrange(keys.agenda, offset, String(offset + PAGE_SIZE - 1));
      yield page;
      if (page.length < PAGE_SIZE) return;
    }
  }

  /** All plan records as [id, text] pairs, page by page; a pair may come twice. */
  plans(): AsyncGenerator<Array<[id: string, record: string]>> {
    return scanFields(this.#options.client, this.#options.keys.planned);
  }

  /** The plan records of these schedules as text; absent ones are left out. */
  plansOf(ids: readonly string[]): Promise<Map<string, string>> {
    return readFields(this.#options.client, this.#options.keys.planned, ids);
  }

  /** The settled records of these schedules; absent ones are left out. */
  async settled(ids: readonly string[]): Promise<Map<string, SettledRecord>> {
    const { client, keys } = this.#options;
    const found = new Map<string, SettledRecord>();
    for (const [id, text] of await readFields(client, keys.settled, ids)) {
      const record = parseSettled(text);
      if (record !== null) found.set(id, record);
    }
    return found;
  }

  /** All settled records as [id, record] pairs, page by page; a pair may come twice. */
  allSettled(): AsyncGenerator<Array<[id: string, record: string]>> {
    return scanFields(this.#options.client, this.#options.keys.settled);
  }

  /** Ids of paused schedules with the JSON of their pause; `PAUSED_ALL` stands for all. */
  async paused(): Promise<Map<string, string>> {
    return new Map(Object.entries(await this.#options.client.hgetall(this.#options.keys.paused)));
  }

  /** The guard of the overlap policy: the last job of a schedule and its full queue name, or null. */
  async lastJob(scheduleId: string): Promise<LastJob | null> {
    const text = await this.#options.client.hget(this.#options.keys.lastJob, scheduleId);
    const guard: unknown = text === null ? null : JSON.parse(text);
    if (typeof guard !== "object" || guard === null) return null;
    if (!("job" in guard && "queue" in guard && "ms" in guard && "timeout" in guard)) return null;
    return {
      id: String(guard.job),
      queue: String(guard.queue),
      placedMs: Number(guard.ms),
      timeoutSeconds: Number(guard.timeout),
    };
  }

  /** The definitions of these schedules as JSON; absent ones are left out. */
  definitionsOf(ids: readonly string[]): Promise<Map<string, string>> {
    return readFields(this.#options.client, this.#options.keys.definitions, ids);
  }

  /**
   * Makes changes in one atomic step, `nowMs` being the moment at which they were decided.
   *
   * @throws when Redis refused or the reply was lost; making the same changes again is harmless.
   */
  async apply(operations: readonly ApplyOperation[], nowMs: number): Promise<ApplyVerdict[]> {
    const args = operations.flatMap((operation) => {
      const { kind, id, read, settled, due, score, plan, reason } = operation;
      const head = [kind, id, read, settled, due, score, plan, reason];
      return [...head, ...missedArgs(operation.dropped), operation.change, operation.definition];
    });
    const reply = await this.run(APPLY, this.stateKeys, args, { nowMs });
    return reply.map(parseApplyVerdict);
  }

  /**
   * Fires or settles occurrences of different schedules in one atomic step, `nowMs` being the moment the ledger tells.
   * `commonFields` are those of every job hash, field and value in turn.
   *
   * @throws when Redis refused or the reply was lost; asking the same again is harmless.
   */
  async fire(
    requests: readonly FireRequest[],
    { nowMs, commonFields }: { readonly nowMs: number; readonly commonFields: readonly string[] },
  ): Promise<FireVerdict[]> {
    const numbers = new KeyNumbers([...this.stateKeys, rqKeys.queues]);
    const args: RedisValue[] = [commonFields.length, ...commonFields];
    for (const request of requests) args.push(...encodeFire(request, numbers, nowMs));
    const reply = await this.run(FIRE, numbers.keys, args, { nowMs });
    return reply.map(parseFireVerdict);
  }

  /**
   * Writes back what is remembered of some schedules; see the head of repair.lua.
   *
   * @returns a verdict per schedule; null when the state was moved away.
   */
  async repair(batch: RepairBatch): Promise<RepairVerdict[] | null> {
    const { identity, isLast, pauses, operations } = batch;
    const flatPauses = isLast ? [...pauses].flat() : [];
    const args = operations.flatMap(({ id, settled, next, definition, lastJob, lost, known }) => [
      id,
      settled === null ? "" : formatSettled(settled),
      ...nextArgs(next),
      definition,
      lastJob,
      ...missedArgs(lost),
      known?.dueSeconds ?? "",
    ]);
    const head = [this.#generation, identity.format, identity.source, isLast ? "1" : ""];
    const keys = [...this.stateKeys, this.#options.keys.state];
    const reply = await this.run(
      REPAIR,
      keys,
      [...head, flatPauses.length, ...flatPauses, ...args],
      {
        generation: 0,
      },
    );
    if (reply[0] === "moved") return null;
    return reply.map((word) => readVerdict("repair", REPAIR_VERDICTS, word));
  }

  /** Where it is remembered that a request was carried out. */
  requestKey(requestId: string): string {
    return requestKey(this.#options.keys, requestId);
  }

  /** The highest generation seen: a lower one in Redis means that it went back in time. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether Redis went back in time, and what it holds is older than what this daemon has seen. */
  async isOlder(): Promise<boolean> {
    // What scripts raise while the answer is on its way must not make it look old.
    const seen = this.#generation;
    return Number(await this.#options.client.get(this.#options.keys.generation)) < seen;
  }

  /** Takes in a generation that somebody else read. */
  noteGeneration(generation: number): void {
    this.#generation = Math.max(this.#generation, generation);
  }

  /** The keys that head every script, in the order of common.lua. */
  get stateKeys(): string[] {
    const { agenda, planned, settled, lastOutcome, lastJob, paused } = this.#options.keys;
    const { ledger, generation, definitions, changes } = this.#options.keys;
    const first = [agenda, planned, settled, lastOutcome, lastJob, paused];
    return [...first, ledger, generation, definitions, changes];
  }

  /**
   * Runs a script that begins with common.lua and gives its verdicts; `keys` begin with `stateKeys`.
   *
   * @throws RedisRefusal when Redis refused; any other error means that the outcome is unknown.
   */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly RedisValue[],
    { nowMs = this.#options.clock.nowMs(), generation = this.#generation }: RunOptions = {},
  ): Promise<string[]> {
    const head = [Math.floor(nowMs), this.#options.ledgerMax, generation];
    const reply = await runScript(this.#options.client, script, keys, [...head, ...args]);
    if (!Array.isArray(reply)) throw new Error(`script ${script.name}: unexpected reply`);
    const [raised, ...verdicts] = reply.map(String);
    this.noteGeneration(Number(raised));
    return verdicts;
  }
}
