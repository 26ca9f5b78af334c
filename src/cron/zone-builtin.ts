/**
 * The time zones that come with the program, for machines without zone data or with older data.
 *
 * `zone-tables.txt` is made by `scripts/make-zone-tables.ts`. Its first line is the IANA release; each further line is one
 * table and the names that share it, six parts with a bar between them:
 * names | unit in seconds | offsets in seconds | index of each offset in turn, one digit | times in units, the first since
 * 1970, the others since the one before | rule for the years after. Numbers of units and indexes are in base 36.
 */
import { readZoneLine } from "./zone-line.ts";
import text from "./zone-tables.txt" with { type: "text" };
import { zoneTable } from "./zone.ts";
import type { ZoneTable } from "./zone.ts";
import { writtenOut } from "./tzif.ts";

/** The IANA release of the built-in zones, such as `2026f`. */
export function builtinVersion(): string {
  return text.slice(0, text.indexOf("\n"));
}

/** The built-in zones; a table is decoded when it is first asked for. */
export class BuiltinZones {
  /** Lines of the text by the names in them; made at the first question. */
  #lines: ReadonlyMap<string, string> | null = null;

  /** All names, links included. */
  names(): Iterable<string> {
    return this.#index().keys();
  }

  /** The table of a name in exactly this spelling, null when there is none. */
  table(name: string): ZoneTable | null {
    const line = this.#index().get(name);
    return line === undefined ? null : zoneTable(writtenOut(readZoneLine(line)));
  }

  #index(): ReadonlyMap<string, string> {
    this.#lines ??= new Map(
      text
        .trimEnd()
        .split("\n")
        .slice(1)
        .flatMap((line) =>
          line
            .slice(0, line.indexOf("|"))
            .split(" ")
            .map((name) => [name, line] as const),
        ),
    );
    return this.#lines;
  }
}
