/** Counts what a run left behind, job by job: what lies on the queues against what the clock demanded. */
import { inflateSync } from "node:zlib";
import type { Redis } from "ioredis";
import { auditLedger } from "../../src/observe/audit.ts";
import type { AuditReport } from "../../src/observe/audit.ts";
import { decodePickle } from "../../src/pickle/decode.ts";
import { PyDict, PyTuple } from "../../src/pickle/value.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { ledgerOf } from "../support/rq-keys.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import { TOOLS } from "../support/schedules.ts";
import type { Periodic } from "./periodic.ts";

const KEYS = makeKeys("btu_scheduler:");
const PAGE = 1_000;
const PLACED = new Set(["fired", "late"]);
/** More of them would tell nothing new. */
const TOLD_MAX = 20;

/** A job as it lies on a queue. */
export interface QueuedJob {
  readonly id: string;
  readonly queue: string;
  /** Whose it is, as its own pickled call says. */
  readonly schedule: string;
  readonly version: number;
}

/** Everything that a run left in Redis. */
export interface Leftovers {
  /** In the order of each queue. */
  readonly jobs: readonly QueuedJob[];
  readonly jobHashes: number;
  readonly ledger: readonly LedgerFields[];
  readonly agenda: readonly string[];
  readonly planned: Readonly<Record<string, string>>;
  /** The first instant that counted, by schedule. */
  readonly since: ReadonlyMap<string, number>;
}

/** A job of ours says whose it is by its arguments; one of Frappe's by `kwargs.kwargs.schedule_id`. */
function callOf(data: Buffer): { schedule: string; version: number } {
  const call = decodePickle(inflateSync(data));
  const [, , args, kwargs] = call instanceof PyTuple ? call.items : [];
  const [schedule, version] = args instanceof PyTuple ? args.items : [];
  if (schedule !== undefined) return { schedule: String(schedule), version: Number(version) };
  const inner = kwargs instanceof PyDict ? kwargs.get("kwargs") : null;
  return { schedule: String(inner instanceof PyDict ? inner.get("schedule_id") : ""), version: 0 };
}

async function readJobs(client: Redis, queueKey: string): Promise<QueuedJob[]> {
  const queue = queueKey.slice("rq:queue:".length);
  const ids = await client.lrange(queueKey, 0, -1);
  const jobs: QueuedJob[] = [];
  for (let start = 0; start < ids.length; start += PAGE) {
    const page = ids.slice(start, start + PAGE);
    const reads = page.map((id) => client.hgetBuffer(`rq:job:${id}`, "data"));
    const found = await Promise.all(reads);
    page.forEach((id, index) => {
      const data = found[index];
      const call = data ? callOf(data) : { schedule: "(no hash)", version: 0 };
      jobs.push({ id, queue, ...call });
    });
  }
  return jobs;
}

async function countKeys(client: Redis, pattern: string): Promise<number> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "MATCH", pattern, "COUNT", PAGE);
    cursor = next;
    for (const key of keys) found.add(key);
  } while (cursor !== "0");
  return found.size;
}

/** Reads everything; to be called when no daemon runs any more. */
export async function readLeftovers(client: Redis): Promise<Leftovers> {
  const queueKeys = (await client.smembers("rq:queues")).toSorted();
  const jobs: QueuedJob[] = [];
  for (const key of queueKeys) jobs.push(...(await readJobs(client, key)));
  const definitions = Object.entries(await client.hgetall(KEYS.definitions));
  return {
    jobs,
    jobHashes: await countKeys(client, "rq:job:*"),
    ledger: await ledgerOf(client),
    agenda: await client.zrange(KEYS.agenda, 0, "-1"),
    planned: await client.hgetall(KEYS.planned),
    since: new Map(definitions.map(([id, text]) => [id, (JSON.parse(text) as Since).since])),
  };
}

interface Since {
  readonly since: number;
}

function bySchedule(ledger: readonly LedgerFields[]): Map<string, LedgerFields[]> {
  const found = new Map<string, LedgerFields[]>();
  for (const entry of ledger) {
    const known = found.get(entry["schedule"] ?? "");
    if (known === undefined) found.set(entry["schedule"] ?? "", [entry]);
    else known.push(entry);
  }
  return found;
}

/** Jobs against the ledger: each placed entry has its job, each job its one entry, and each queue keeps the order. */
export function jobFindings({ jobs, jobHashes, ledger }: Leftovers): string[] {
  const findings: string[] = [];
  const entryOf = new Map<string, LedgerFields>();
  for (const entry of ledger) {
    if (!PLACED.has(entry["outcome"] ?? "")) continue;
    const job = entry["job"] ?? "";
    if (entryOf.has(job)) findings.push(`doubled: job ${job} stands in the ledger twice`);
    entryOf.set(job, entry);
  }
  const lastDue = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, queue, schedule } of jobs) {
    const entry = entryOf.get(id);
    if (seen.has(id)) findings.push(`doubled: job ${id} lies on its queue twice`);
    seen.add(id);
    if (entry?.["schedule"] !== schedule) {
      findings.push(`job ${id} of ${schedule}: the ledger says "${entry?.["schedule"]}"`);
      continue;
    }
    const due = Number(entry["due"]);
    const lane = `${queue} ${schedule}`;
    if (due <= (lastDue.get(lane) ?? -Infinity)) {
      findings.push(`${schedule}|${due} lies behind a later one of its schedule`);
    }
    lastDue.set(lane, due);
  }
  for (const [job, { schedule, due }] of entryOf) {
    if (!seen.has(job)) findings.push(`missing: ${schedule}|${due} was placed, and its job is gone`);
  }
  if (jobHashes !== seen.size) findings.push(`${jobHashes} job hashes for ${seen.size} jobs`);
  return findings;
}

/** What a schedule's ledger says against what the clock demanded since it was planned, and what is planned now. */
export function scheduleFindings(
  { id, periodSeconds, phase }: Periodic,
  { entries, mayEndAs }: { entries: readonly LedgerFields[]; mayEndAs: ReadonlySet<string> },
  { planned, since }: Leftovers,
): string[] {
  const findings: string[] = [];
  const next = Number.parseInt(planned[id] ?? "", 10);
  const start = since.get(id);
  if (start === undefined || Number.isNaN(next)) return [`missing: ${id} is not planned`];
  const dues = new Map<number, number>();
  for (const { outcome = "", due, until } of entries) {
    if (!mayEndAs.has(outcome)) findings.push(`${id}|${due} to ${until ?? due}: ${outcome}`);
    dues.set(Number(due), (dues.get(Number(due)) ?? 0) + 1);
  }
  for (const [due, count] of dues) {
    const isOccurrence = due % periodSeconds === phase && due > start && due < next;
    if (!isOccurrence) findings.push(`${id}|${due} is no occurrence`);
    if (count > 1) findings.push(`doubled: ${id}|${due}, ${count} times`);
  }
  const first = start + 1 + ((((phase - start - 1) % periodSeconds) + periodSeconds) % periodSeconds);
  for (let due = first; due < next; due += periodSeconds) {
    if (!dues.has(due)) findings.push(`missing: ${id}|${due}`);
  }
  return findings;
}

/** The sum of a run. */
export interface Sum {
  readonly placed: number;
  readonly late: number;
  readonly failed: number;
  readonly ledger: readonly LedgerFields[];
  readonly audit: AuditReport;
}

/** The program's own audit of the whole span; what is planned is not expected yet. */
export function auditAll(client: Redis): Promise<AuditReport> {
  const nowSeconds = Math.ceil(Date.now() / 1000) + 3_600;
  return auditLedger({ client, keys: KEYS, ...TOOLS, sinceSeconds: 0, nowSeconds });
}

/** What is counted. */
export interface WholeOptions {
  readonly schedules: readonly Periodic[];
  /** Schedules that stand in the way of something: some of their occurrences may have failed, each with a reason. */
  readonly mayFail?: (id: string) => boolean;
}

const MAY_FAIL = new Set([...PLACED, "failed"]);

/**
 * Nothing is missing and nothing doubled: every second at which a schedule was due since it was planned has its one job.
 *
 * @throws Error with the first findings.
 */
export async function mustBeWhole(
  client: Redis,
  { schedules, mayFail = () => false }: WholeOptions,
): Promise<Sum> {
  const left = await readLeftovers(client);
  const entries = bySchedule(left.ledger);
  const findings = jobFindings(left);
  for (const one of schedules) {
    const mayEndAs = mayFail(one.id) ? MAY_FAIL : PLACED;
    const options = { entries: entries.get(one.id) ?? [], mayEndAs };
    findings.push(...scheduleFindings(one, options, left));
  }
  const members = schedules.map(({ id }) => `${id}|${Number.parseInt(left.planned[id] ?? "", 10)}`);
  if (members.toSorted().join() !== left.agenda.toSorted().join()) {
    findings.push("the agenda is not what is planned");
  }
  const audit = await auditAll(client);
  if (audit.missing + audit.doubled + audit.unexpected > 0 || audit.placed !== left.jobs.length) {
    const { expected, placed, missing, doubled, unexpected } = audit;
    findings.push(`audit: ${JSON.stringify({ expected, placed, missing, doubled, unexpected })}`);
  }
  if (findings.length > 0) {
    const told = findings.slice(0, TOLD_MAX).join("\n  ");
    throw new Error(`${findings.length} findings in ${left.jobs.length} jobs:\n  ${told}`);
  }
  const count = (word: string): number =>
    left.ledger.filter(({ outcome }) => outcome === word).length;
  return {
    placed: left.jobs.length,
    late: count("late"),
    failed: count("failed"),
    audit,
    ledger: left.ledger,
  };
}
