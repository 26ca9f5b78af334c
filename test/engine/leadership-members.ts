/** Members of a group of daemons, each with its own connection, clock and memory. */
import { Agenda } from "../../src/agenda/agenda.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Clock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { Leadership } from "../../src/engine/leadership.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connect.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { eventually, realDelay } from "../support/eventually.ts";

/** One of several daemons, as far as the lease goes. */
export interface Member extends AsyncDisposable {
  readonly leadership: Leadership;
  readonly redis: RedisConnection;
  readonly agenda: Agenda;
  readonly running: Promise<void>;
  readonly repairs: boolean[];
  /** Each time it began to lead: whether it had seen no other lead before. */
  readonly beginnings: boolean[];
  /** Its clock jumps; resolves once it is known whether it is right. */
  jump(byMs: number): Promise<void>;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it as a crash does: nothing is given up. */
  crash(): void;
}

/** How it is to be. */
export interface MemberOptions {
  readonly id: string;
  readonly prefix?: string;
  readonly sourceId?: string;
  /** How wrong its clock is, in milliseconds. */
  readonly clockErrorMs?: number;
  /** How long it writes back what it remembers, in milliseconds. */
  readonly repairMs?: number;
  /** Of its Redis. */
  readonly port: number;
}

/** Starts one; it works until it is stopped, crashes or is disposed of. */
export function startMember({
  id,
  prefix = "p:",
  sourceId = "site",
  clockErrorMs = 0,
  repairMs = 0,
  port,
}: MemberOptions): Member {
  let errorMs = clockErrorMs;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + errorMs };
  const target = { host: "127.0.0.1", port, db: 0 };
  const redis = connectRedis({ target, clock, log: silentLog, name: id });
  const keys = makeKeys(prefix);
  const agenda = new Agenda({ client: redis.client, keys, clock, ledgerMax: 100 });
  const repairs: boolean[] = [];
  const beginnings: boolean[] = [];
  const leadership = new Leadership({
    redis,
    agenda,
    keys,
    prefix,
    sourceId,
    clock,
    daemonId: id,
    log: silentLog,
    onChange: (isLeader, { isFirst }) => {
      if (isLeader) beginnings.push(isFirst);
    },
    repair: async (isFirst, keepLease) => {
      repairs.push(isFirst);
      const endMs = performance.now() + repairMs;
      while (performance.now() < endMs) {
        await realDelay(100);
        await keepLease();
      }
      const identity = { format: 1, source: sourceId };
      await agenda.repair({ identity, isLast: isFirst, pauses: new Map(), operations: [] });
    },
  });
  const jump = (byMs: number): Promise<void> => {
    errorMs += byMs;
    return new Promise((resolve) => {
      leadership.clockJumped(resolve);
    });
  };
  const stopper = new AbortController();
  const running = leadership.run(stopper.signal);
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopper.abort();
    await running;
    redis.close();
  };
  const crash = (): void => {
    redis.close();
    stopper.abort();
  };
  return {
    leadership,
    redis,
    agenda,
    running,
    repairs,
    beginnings,
    jump,
    stop,
    crash,
    [Symbol.asyncDispose]: async () => crash(),
  };
}

/** Waits until it leads. */
export function leads(member: Member): Promise<true> {
  return eventually(() => member.leadership.isLeader, { what: "the leadership", timeoutMs: 5_000 });
}
