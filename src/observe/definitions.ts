/** What each schedule was, and from when to when: the history that the ledger is checked against. */
import type { Redis } from "ioredis";
import { parseDefinition } from "../agenda/definition.ts";
import type { Definition } from "../agenda/definition.ts";
import { idAfter, idBefore } from "./ledger.ts";

/** When a schedule is due, between two instants. */
export interface DefinitionSpan extends Definition {
  /** Occurrences up to this instant count, epoch seconds; Infinity for the present definition. */
  readonly untilSeconds: number;
}

/** An entry of the stream of changes. */
export interface ChangeEntry {
  readonly schedule: string;
  readonly atMs: number;
  /** A word of `DefinitionChange`, "paused", "resumed", "since", or what a newer version wrote. */
  readonly change: string;
  /** JSON, or empty. */
  readonly definition: string;
}

/** Entries read in one command. */
const PAGE_SIZE = 1_000;

/** Changes that leave the definition as it is. */
const PAUSES: ReadonlySet<string> = new Set(["paused", "resumed"]);
const ENDS: ReadonlySet<string> = new Set(["disabled", "deleted", "invalid", "ended"]);

function readChange(flat: readonly string[]): ChangeEntry {
  const fields = new Map(flat.flatMap((name, i) => (i % 2 ? [] : [[name, flat[i + 1] ?? ""]])));
  return {
    schedule: fields.get("schedule") ?? "",
    atMs: Number(fields.get("at_ms")),
    change: fields.get("change") ?? "",
    definition: fields.get("definition") ?? "",
  };
}

/** All changes, oldest first. */
export async function* readChanges(client: Redis, key: string): AsyncGenerator<ChangeEntry> {
  for (let from = "-"; ;) {
    const page = await client.xrange(key, from, "+", "COUNT", PAGE_SIZE);
    for (const [, flat] of page) yield readChange(flat);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) return;
    from = idAfter(last[0]);
  }
}

/** The newest change of one schedule's definition; null when none is found among the newest `lookAtMax` changes. */
export async function lastChange(
  client: Redis,
  key: string,
  { schedule, lookAtMax }: { readonly schedule: string; readonly lookAtMax: number },
): Promise<ChangeEntry | null> {
  for (let from = "+", seen = 0; seen < lookAtMax; seen += PAGE_SIZE) {
    const page = await client.xrevrange(key, from, "-", "COUNT", PAGE_SIZE);
    for (const [, flat] of page) {
      // Most are of others: only those that name it are worth reading.
      if (!flat.includes(schedule)) continue;
      const found = readChange(flat);
      if (found.schedule === schedule && !PAUSES.has(found.change)) return found;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) return null;
    from = idBefore(last[0]);
  }
  return null;
}

/** What the present definition alone tells of the last change: since when its times hold; null where there is none. */
export function heldSince(schedule: string, definition: string | null): ChangeEntry | null {
  const held = parseDefinition(definition ?? "");
  if (definition === null || held === null) return null;
  return { schedule, atMs: held.sinceSeconds * 1000, change: "since", definition };
}

/** Makes the spans of every schedule from the changes and the definitions that hold now (id → JSON). */
export function definitionSpans(
  changes: Iterable<ChangeEntry>,
  current: ReadonlyMap<string, string>,
): Map<string, DefinitionSpan[]> {
  const spans = new Map<string, DefinitionSpan[]>();
  const open = new Map<string, Definition>();
  const end = (id: string, untilSeconds: number): void => {
    const definition = open.get(id);
    open.delete(id);
    if (definition === undefined || untilSeconds <= definition.sinceSeconds) return;
    const known = spans.get(id) ?? [];
    known.push({ ...definition, untilSeconds });
    spans.set(id, known);
  };
  for (const { schedule, atMs, change, definition } of changes) {
    const atSeconds = Math.floor(atMs / 1000);
    const next = parseDefinition(definition);
    if (ENDS.has(change)) end(schedule, atSeconds);
    else if (next !== null && change !== "paused") {
      // After new zone rules the same occurrences are computed again from before the change.
      end(schedule, Math.min(atSeconds, next.sinceSeconds));
      open.set(schedule, next);
    }
  }
  // The change that began it may have left the stream.
  for (const [id, text] of current) {
    const definition = parseDefinition(text);
    if (definition !== null && !open.has(id)) open.set(id, definition);
  }
  for (const id of open.keys()) end(id, Infinity);
  return spans;
}
