/** What lies in Redis, read back as it was written: the stored form is the contract. */
import { inflateSync } from "node:zlib";
import type { Redis } from "ioredis";
import type { Daemon } from "./daemon.ts";
import { eventually } from "./eventually.ts";

/** An entry of the ledger, its fields as text. */
export type LedgerFields = Readonly<Record<string, string>>;

/** The hash of an RQ job; `data` is the inflated pickle. */
export interface StoredJob {
  readonly fields: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

const LEDGER = "btu_scheduler:ledger";
const AGENDA = "btu_scheduler:task_execution_times";

/** The whole ledger, oldest first. */
export async function ledgerOf(client: Redis): Promise<LedgerFields[]> {
  const entries = await client.xrange(LEDGER, "-", "+");
  return entries.map(([, flat]) => {
    const pairs = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]]] : []));
    return Object.fromEntries(pairs) as LedgerFields;
  });
}

/**
 * Waits until the ledger has this many entries, and gives them all.
 *
 * @throws Error with the daemon's log when they do not come.
 */
export async function waitForLedger(
  client: Redis,
  count: number,
  daemon: Daemon,
): Promise<LedgerFields[]> {
  const what = `${count} entries in the ledger`;
  const look = async (): Promise<boolean> => (await client.xlen(LEDGER)) >= count;
  await eventually(look, { what, timeoutMs: 30_000 }).catch((cause: unknown) => {
    throw new Error(`${what}: they did not come:\n${daemon.log()}`, { cause });
  });
  return ledgerOf(client);
}

/** The members of the agenda, earliest first. */
export function agendaOf(client: Redis): Promise<string[]> {
  return client.zrange(AGENDA, 0, "-1");
}

/** The ids of the jobs that wait on a queue. */
export function queuedOn(client: Redis, queue: string): Promise<string[]> {
  return client.lrange(`rq:queue:${queue}`, 0, -1);
}

/** A job as it is stored. */
export async function storedJob(client: Redis, id: string): Promise<StoredJob> {
  const raw = await client.hgetallBuffer(`rq:job:${id}`);
  const { data = Buffer.alloc(0), ...texts } = raw;
  const fields = Object.entries(texts).map(([name, value]) => [name, value.toString("utf8")]);
  return { fields: Object.fromEntries(fields) as StoredJob["fields"], data: inflateSync(data) };
}
