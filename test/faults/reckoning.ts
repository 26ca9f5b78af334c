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
  const [own, version] = args instanceof PyTuple ? args.items : [];
  const inner = kwargs instanceof PyDict ? kwargs.get("kwargs") : null;
  const schedule = own ?? (inner instanceof PyDict ? inner.get("schedule_id") : null);
  if (typeof schedule !== "string") throw new Error("a job does not say whose it is");
  return { schedule, version: Number(version ?? 0) };
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

/** The entries of each schedule, in their order. */
export function bySchedule(ledger: readonly LedgerFields[]): Map<string, LedgerFields[]> {
  const found = new Map<string, LedgerFields[]>();
  for (const entry of ledger) {
    const known = found.get(entry["schedule"] ?? "");
    if (known === undefined) found.set(entry["schedule"] ?? "", [entry]);
    else known.push(entry);
  }
  return found;
}

/** Counts names, so that what comes twice is found. */
function countOf(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function doubled(names: Iterable<string>, what: string): string[] {
  const twice = [...countOf(names)].filter(([, count]) => count > 1);
  return twice.map(([name, count]) => `doubled: ${what} ${name}, ${count} times`);
}

function orderFindings(jobs: readonly QueuedJob[], entryOf: EntryByJob): string[] {
  const lastDue = new Map<string, number>();
  return jobs.flatMap(({ id, queue, schedule }) => {
    const entry = entryOf.get(id);
    if (entry?.["schedule"] !== schedule) {
      return [`job ${id} of ${schedule}: the ledger says "${entry?.["schedule"]}"`];
    }
    const [due, lane] = [Number(entry["due"]), `${queue} ${schedule}`];
    const before = lastDue.get(lane) ?? -Infinity;
    lastDue.set(lane, due);
    return due > before ? [] : [`${schedule}|${due} lies behind a later one of its schedule`];
  });
}

type EntryByJob = ReadonlyMap<string, LedgerFields>;

/** Jobs against the ledger: each placed entry has its job, each job its one entry, and each queue keeps the order. */
export function jobFindings({ jobs, jobHashes, ledger }: Leftovers): string[] {
  const entries = ledger.filter(({ outcome = "" }) => PLACED.has(outcome));
  const entryOf: EntryByJob = new Map(entries.map((entry) => [entry["job"] ?? "", entry]));
  const queued = new Set(jobs.map(({ id }) => id));
  const gone = [...entryOf].filter(([job]) => !queued.has(job));
  return [
    ...doubled(
      entries.map(({ job = "" }) => job),
      "in the ledger, job",
    ),
    ...doubled(
      jobs.map(({ id }) => id),
      "on its queue, job",
    ),
    ...orderFindings(jobs, entryOf),
    ...gone.map(([, { schedule, due }]) => `missing: ${schedule}|${due} has no job on its queue`),
    ...(jobHashes === queued.size ? [] : [`${jobHashes} job hashes for ${queued.size} jobs`]),
  ];
}

/** The instants after `afterSeconds` and before `beforeSeconds` at which a schedule was due. */
function duesOf(
  { periodSeconds, phase }: Periodic,
  afterSeconds: number,
  beforeSeconds: number,
): number[] {
  const dues: number[] = [];
  for (let due = afterSeconds + 1; due < beforeSeconds; due += 1) {
    if (due % periodSeconds === phase) dues.push(due);
  }
  return dues;
}

/** What a schedule's ledger says against what the clock demanded since it was planned, and what is planned now. */
export function scheduleFindings(
  schedule: Periodic,
  { entries, mayEndAs }: { entries: readonly LedgerFields[]; mayEndAs: ReadonlySet<string> },
  { planned, since }: Leftovers,
): string[] {
  const { id } = schedule;
  const next = Number.parseInt(planned[id] ?? "", 10);
  const start = since.get(id);
  if (start === undefined || Number.isNaN(next)) return [`missing: ${id} is not planned`];
  const wrong = entries.filter(({ outcome = "" }) => !mayEndAs.has(outcome));
  const told = entries.map(({ due = "" }) => due);
  const wanted = new Set(duesOf(schedule, start, next).map(String));
  const found = new Set(told);
  return [
    ...wrong.map(({ outcome, due, until }) => `${id}|${due} to ${until ?? due}: ${outcome}`),
    ...doubled(told, id),
    ...[...found].filter((due) => !wanted.has(due)).map((due) => `${id}|${due} is no occurrence`),
    ...[...wanted].filter((due) => !found.has(due)).map((due) => `missing: ${id}|${due}`),
  ];
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

function auditFindings(
  { expected, placed, missing, doubled: twice, unexpected }: AuditReport,
  jobs: number,
): string[] {
  if (missing + twice + unexpected === 0 && placed === jobs) return [];
  return [`audit: ${JSON.stringify({ expected, placed, missing, doubled: twice, unexpected })}`];
}

/** @throws Error with the first findings, when there are any. */
export function throwIfAny(findings: readonly string[], where: string): void {
  if (findings.length === 0) return;
  const told = findings.slice(0, TOLD_MAX).join("\n  ");
  throw new Error(`${findings.length} findings in ${where}:\n  ${told}`);
}

/** What is counted. */
export interface WholeOptions {
  readonly schedules: readonly Periodic[];
  /** Schedules that stand in the way of something: some of their occurrences may have failed, each with a reason. */
  readonly mayFail?: (id: string) => boolean;
  /** Others, whose rule changed while it held: what they owe only the program's own audit knows. */
  readonly isChanging?: (id: string) => boolean;
}

const MAY_FAIL = new Set([...PLACED, "failed"]);
const MAY_END_CHANGING = new Set([...PLACED, "dropped"]);

/** The ledger of schedules whose rules changed: each occurrence was placed or dropped once, and in order. */
export function changingFindings(ledger: readonly LedgerFields[]): string[] {
  const last = new Map<string, number>();
  return ledger.flatMap(({ schedule = "", due, outcome = "", reason = "" }) => {
    const before = last.get(schedule) ?? -Infinity;
    last.set(schedule, Number(due));
    if (!MAY_END_CHANGING.has(outcome)) return [`${schedule}|${due}: ${outcome} ${reason}`];
    return Number(due) > before ? [] : [`doubled: ${schedule}|${due}, ${outcome}`];
  });
}

function agendaFindings({ agenda, planned }: Leftovers, schedules: readonly Periodic[]): string[] {
  const wanted = schedules.map(({ id }) => `${id}|${Number.parseInt(planned[id] ?? "", 10)}`);
  const isSame = wanted.toSorted().join() === agenda.toSorted().join();
  return isSame ? [] : ["the agenda is not what is planned"];
}

function withoutReason(ledger: readonly LedgerFields[]): string[] {
  const found = ledger.filter(({ outcome, reason = "" }) => outcome === "failed" && reason === "");
  return found.map(({ schedule, due }) => `${schedule}|${due} failed, and nobody says why`);
}

/**
 * Nothing is missing and nothing doubled: every second at which a schedule was due since it was planned has its one job.
 *
 * @throws Error with the first findings.
 */
export async function mustBeWhole(
  client: Redis,
  { schedules, mayFail = () => false, isChanging = () => false }: WholeOptions,
): Promise<Sum> {
  const left = await readLeftovers(client);
  const entries = bySchedule(left.ledger);
  const changing = left.ledger.filter(({ schedule = "" }) => isChanging(schedule));
  const findings = [
    ...jobFindings(left),
    ...changingFindings(changing),
    ...withoutReason(left.ledger),
  ];
  for (const one of schedules) {
    const mayEndAs = mayFail(one.id) ? MAY_FAIL : PLACED;
    const options = { entries: entries.get(one.id) ?? [], mayEndAs };
    findings.push(...scheduleFindings(one, options, left));
  }
  const agenda = left.agenda.filter((member) => !isChanging(member.replace(/\|.*/, "")));
  findings.push(...agendaFindings({ ...left, agenda }, schedules));
  const audit = await auditAll(client);
  findings.push(...auditFindings(audit, left.jobs.length));
  throwIfAny(findings, `${left.jobs.length} jobs`);
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
