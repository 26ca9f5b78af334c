/** Checks the ledger against what the cron texts demanded: what was expected, placed, skipped, missing, doubled. */
import type { Redis } from "ioredis";
import { compileDefinition } from "../agenda/definition.ts";
import { parsePlan } from "../agenda/plan-record.ts";
import type { ExpressionCache } from "../cron/expression-cache.ts";
import { nextInstant } from "../cron/next.ts";
import { countInstants } from "../cron/span.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import type { Keys } from "../redis/keys.ts";
import { definitionSpans, readChanges } from "./definitions.ts";
import type { ChangeEntry, DefinitionSpan } from "./definitions.ts";
import { ledgerEntries, streamStart } from "./ledger.ts";
import type { LedgerEntry } from "./ledger.ts";

/** What an audit needs. */
export interface AuditOptions {
  readonly client: Redis;
  readonly keys: Keys;
  readonly expressions: ExpressionCache;
  readonly zones: ZoneData;
  /** Only this schedule; all of them when it is null or left out. */
  readonly schedule?: string | null;
  /** The span asked for: after this, up to that, epoch seconds. */
  readonly sinceSeconds: number;
  readonly nowSeconds: number;
}

/** One occurrence that is not as it should be. */
export interface AuditFinding {
  readonly schedule: string;
  readonly dueSeconds: number;
}

/** What an audit found. */
export interface AuditReport {
  /** The span that could be covered, epoch seconds; later than asked for where no more is known. */
  readonly sinceSeconds: number;
  readonly untilSeconds: number;
  /** Whether older entries, within the span asked for, have left the ledger or the history of definitions. */
  readonly isCut: boolean;
  readonly schedules: number;
  readonly expected: number;
  readonly placed: number;
  /** Counted apart: the app may skip what was handed over without a word. */
  readonly handedOver: number;
  /** Not placed, by outcome. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly missing: number;
  readonly doubled: number;
  /** Placed although no definition in the history asks for them; no fault by itself. */
  readonly unexpected: number;
  /** The first of the missing and doubled ones. */
  readonly missingFirst: readonly AuditFinding[];
  readonly doubledFirst: readonly AuditFinding[];
}

/** What is younger may still be on its way. */
const SETTLING_SECONDS = 65;
const FINDINGS_MAX = 100;
const PLACED: ReadonlySet<string> = new Set(["fired", "late", "handed_over"]);
const NO_OCCURRENCE: ReadonlySet<string> = new Set(["manual", "clock_reset"]);

class Tally {
  readonly counts = {
    expected: 0,
    placed: 0,
    handedOver: 0,
    missing: 0,
    doubled: 0,
    unexpected: 0,
    skipped: {} as Record<string, number>,
    missingFirst: [] as AuditFinding[],
    doubledFirst: [] as AuditFinding[],
  };

  add(entry: LedgerEntry): void {
    const { counts } = this;
    if (entry.outcome === "handed_over") counts.handedOver += 1;
    if (PLACED.has(entry.outcome)) counts.placed += 1;
    else counts.skipped[entry.outcome] = (counts.skipped[entry.outcome] ?? 0) + entry.count;
  }

  missed(finding: AuditFinding, count: number): void {
    this.counts.missing += count;
    if (this.counts.missingFirst.length < FINDINGS_MAX) this.counts.missingFirst.push(finding);
  }

  twice(finding: AuditFinding): void {
    this.counts.doubled += 1;
    if (this.counts.doubledFirst.length < FINDINGS_MAX) this.counts.doubledFirst.push(finding);
  }
}

type Compiled = NonNullable<ReturnType<typeof compileDefinition>>;

/** Compares one definition's occurrences in (after, upto] with the entries that fall there; these are sorted by due. */
function auditSpan(
  schedule: string,
  { span, entries }: { readonly span: DefinitionSpan; readonly entries: readonly LedgerEntry[] },
  { compiled, tally }: { readonly compiled: Compiled; readonly tally: Tally },
): void {
  const { expression, zone } = compiled;
  const count = (afterSeconds: number, uptoSeconds: number): number =>
    uptoSeconds <= afterSeconds
      ? 0
      : countInstants(expression, zone, { afterSeconds, uptoSeconds }, span.dst);
  tally.counts.expected += count(span.sinceSeconds, span.untilSeconds);
  let reached = span.sinceSeconds;
  const checkGap = (uptoSeconds: number): void => {
    const gap = count(reached, uptoSeconds);
    if (gap === 0) return;
    const first = nextInstant(expression, zone, reached, span.dst) ?? reached;
    tally.missed({ schedule, dueSeconds: first }, gap);
  };
  for (const entry of entries) {
    checkGap(entry.dueSeconds - 1);
    reached = Math.max(reached, entry.untilSeconds ?? entry.dueSeconds);
  }
  checkGap(span.untilSeconds);
}

/** An occurrence placed twice is the one thing that must never be. */
function findDoubled(schedule: string, entries: readonly LedgerEntry[], tally: Tally): void {
  const placed = new Set<number>();
  for (const { outcome, dueSeconds } of entries) {
    if (!PLACED.has(outcome)) continue;
    if (placed.has(dueSeconds)) tally.twice({ schedule, dueSeconds });
    placed.add(dueSeconds);
  }
}

async function entriesBySchedule(
  { client, keys, schedule: only = null }: AuditOptions,
  { sinceSeconds, untilSeconds }: { readonly sinceSeconds: number; readonly untilSeconds: number },
): Promise<Map<string, LedgerEntry[]>> {
  const bySchedule = new Map<string, LedgerEntry[]>();
  for await (const entry of ledgerEntries(client, keys.ledger)) {
    if (NO_OCCURRENCE.has(entry.outcome)) continue;
    if (only !== null && entry.schedule !== only) continue;
    if (entry.dueSeconds > untilSeconds) continue;
    if ((entry.untilSeconds ?? entry.dueSeconds) <= sinceSeconds) continue;
    const known = bySchedule.get(entry.schedule);
    if (known === undefined) bySchedule.set(entry.schedule, [entry]);
    else known.push(entry);
  }
  for (const entries of bySchedule.values()) entries.sort((a, b) => a.dueSeconds - b.dueSeconds);
  return bySchedule;
}

/** The occurrences that are still to come or in the making: they are not missing. */
async function plannedDues({ client, keys }: AuditOptions): Promise<Map<string, number>> {
  const plans = Object.entries(await client.hgetall(keys.planned));
  return new Map(
    plans.flatMap(([id, text]) => {
      const plan = parsePlan(text);
      return plan === null ? [] : [[id, plan.dueSeconds]];
    }),
  );
}

async function readHistory(options: AuditOptions): Promise<Map<string, DefinitionSpan[]>> {
  const { client, keys, schedule: only = null } = options;
  const isWanted = (id: string): boolean => only === null || id === only;
  const changes: ChangeEntry[] = [];
  for await (const entry of readChanges(client, keys.changes)) {
    if (isWanted(entry.schedule)) changes.push(entry);
  }
  const definitions = Object.entries(await client.hgetall(keys.definitions));
  const current = new Map(definitions.filter(([id]) => isWanted(id)));
  return definitionSpans(changes, current);
}

function within(span: DefinitionSpan, { dueSeconds }: LedgerEntry): boolean {
  return dueSeconds > span.sinceSeconds && dueSeconds <= span.untilSeconds;
}

/** Counts what the ledger holds of one schedule. */
function tallyEntries(
  schedule: string,
  { entries, spans }: { entries: readonly LedgerEntry[]; spans: readonly DefinitionSpan[] },
  tally: Tally,
): void {
  findDoubled(schedule, entries, tally);
  for (const entry of entries) {
    if (!PLACED.has(entry.outcome) || spans.some((span) => within(span, entry))) tally.add(entry);
    else tally.counts.unexpected += 1;
  }
}

type Span = Pick<AuditReport, "sinceSeconds" | "untilSeconds" | "isCut">;

/** What can be covered: streams may have lost their beginning, and before the first definition nothing was expected. */
async function coveredSpan(
  { client, keys, nowSeconds, sinceSeconds: asked }: AuditOptions,
  history: ReadonlyMap<string, readonly DefinitionSpan[]>,
): Promise<Span> {
  const ledgerStart = await streamStart(client, keys.ledger);
  const changesStart = await streamStart(client, keys.changes);
  const startSeconds = Math.ceil(Math.max(ledgerStart, changesStart) / 1000);
  const first = [...history.values()]
    .flat()
    .reduce<number>((least, { sinceSeconds }) => Math.min(least, sinceSeconds), Infinity);
  const known = first === Infinity ? startSeconds : Math.max(startSeconds, first);
  const untilSeconds = nowSeconds - SETTLING_SECONDS;
  const sinceSeconds = Math.min(Math.max(asked, known), untilSeconds);
  return { sinceSeconds, untilSeconds, isCut: startSeconds > asked };
}

/** Audits the span; reads only. */
export async function auditLedger(options: AuditOptions): Promise<AuditReport> {
  const history = await readHistory(options);
  const covered = await coveredSpan(options, history);
  const { sinceSeconds, untilSeconds } = covered;
  const bySchedule = await entriesBySchedule(options, { sinceSeconds, untilSeconds });
  const planned = await plannedDues(options);
  const tally = new Tally();
  for (const [schedule, entries] of bySchedule) {
    tallyEntries(schedule, { entries, spans: history.get(schedule) ?? [] }, tally);
  }
  for (const [schedule, spans] of history) {
    const entries = bySchedule.get(schedule) ?? [];
    const upto = Math.min(untilSeconds, (planned.get(schedule) ?? Infinity) - 1);
    for (const whole of spans) {
      const span = {
        ...whole,
        sinceSeconds: Math.max(whole.sinceSeconds, sinceSeconds),
        untilSeconds: Math.min(whole.untilSeconds, upto),
      };
      const compiled =
        span.untilSeconds > span.sinceSeconds ? compileDefinition(span, options) : null;
      if (compiled !== null) {
        auditSpan(schedule, { span, entries: touching(span, entries) }, { compiled, tally });
      }
    }
  }
  return { ...covered, schedules: history.size, ...tally.counts };
}

function touching(span: DefinitionSpan, entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return entries.filter(
    ({ dueSeconds, untilSeconds }) =>
      (untilSeconds ?? dueSeconds) > span.sinceSeconds && dueSeconds <= span.untilSeconds,
  );
}
