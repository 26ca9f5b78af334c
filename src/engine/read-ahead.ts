/** Reads what comes next on the agenda, page by page. */
import type { Agenda, AgendaEntry } from "../agenda/agenda.ts";

/** Entries read in one command. */
const PAGE_SIZE = 1_000;

/** What was found. */
export interface ReadAhead {
  /** The earliest first. */
  readonly entries: readonly AgendaEntry[];
  /** Score of the first entry that comes later, epoch ms; Infinity when there is none. */
  readonly horizonMs: number;
}

/** Everything whose score is `untilMs` (epoch ms) at most. */
export async function readAhead(agenda: Agenda, untilMs: number): Promise<ReadAhead> {
  const entries: AgendaEntry[] = [];
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const page = await agenda.entries(offset, PAGE_SIZE);
    for (const entry of page) {
      const scoreMs = entry.scoreSeconds * 1000;
      if (scoreMs > untilMs) return { entries, horizonMs: scoreMs };
      entries.push(entry);
    }
    if (page.length < PAGE_SIZE) return { entries, horizonMs: Infinity };
  }
}
