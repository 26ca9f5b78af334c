/** The system's time zones: a directory of TZif files, as the package `tzdata` installs it. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

import { codeOf, describeError } from "../base/errors.ts";
import { readTzif, writtenOut } from "./tzif.ts";
import { readTzdataZi, releaseIn } from "./zone-names.ts";
import type { TzdataZi } from "./zone-names.ts";
import { zoneTable } from "./zone.ts";
import type { ZoneTable } from "./zone.ts";

/** Where Linux systems keep their zones. */
export const ZONE_DIRECTORY = "/usr/share/zoneinfo";

const INDEX_FILE = "tzdata.zi";
/** A file that every zone directory has. */
const PROBE_FILE = "UTC";
/** Longer than the first line of `tzdata.zi`. */
const FIRST_LINE_BYTES = 64;
const NO_INDEX: TzdataZi = { version: null, zones: [], links: new Map() };

/** What a question for one zone brought: its table, or why there is none. */
export type ZoneReading =
  | { readonly kind: "table"; readonly table: ZoneTable }
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable"; readonly problem: string };

/** A file's identity and state; empty when it is not there, or not to be seen. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return "";
  }
}

const ABSENCE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

function isAbsence(error: unknown): boolean {
  return ABSENCE.has(codeOf(error));
}

/** Reads zones from a directory and notices when files that it read are replaced. */
export class SystemZones {
  readonly directory: string;
  /** State of each file at the time it was read. */
  readonly #stamps = new Map<string, string>();
  #index: TzdataZi | null = null;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The IANA release, null when it is not told, undefined when there is no zone data at all. */
  release(): string | null | undefined {
    const path = this.#watch(INDEX_FILE);
    try {
      const file = openSync(path, "r");
      try {
        const line = Buffer.alloc(FIRST_LINE_BYTES);
        return releaseIn(line.toString("latin1", 0, readSync(file, line)));
      } finally {
        closeSync(file);
      }
    } catch {
      // Some systems leave the text form out; any zone proves that there is data.
      return this.read(PROBE_FILE).kind === "table" ? null : undefined;
    }
  }

  /** Reads the table of a name in exactly this spelling; a link without a file of its own is followed. */
  read(name: string): ZoneReading {
    const reading = this.#readFile(name);
    if (reading.kind !== "absent") return reading;
    const target = this.index().links.get(name);
    return target === undefined ? reading : this.#readFile(target);
  }

  /** The names and links that `tzdata.zi` lists; none when it cannot be read. */
  index(): TzdataZi {
    if (this.#index === null) {
      const path = this.#watch(INDEX_FILE);
      try {
        this.#index = readTzdataZi(readFileSync(path, "utf8"));
      } catch {
        this.#index = NO_INDEX;
      }
    }
    return this.#index;
  }

  /** What of the files read has changed since, empty when nothing has. */
  changes(): string {
    const changed: string[] = [];
    for (const [path, stamp] of this.#stamps) {
      const current = stampOf(path);
      if (current !== stamp) changed.push(`${path} ${current}`);
    }
    return changed.join("\n");
  }

  /** Stops looking after a name that is no zone. */
  unwatch(name: string): void {
    this.#stamps.delete(join(this.directory, name));
  }

  /** Forgets what was read, so that all is read anew. */
  forget(): void {
    this.#stamps.clear();
    this.#index = null;
  }

  #watch(name: string): string {
    const path = join(this.directory, name);
    // Before reading: a file replaced in between shows up as a change.
    this.#stamps.set(path, stampOf(path));
    return path;
  }

  #readFile(name: string): ZoneReading {
    const path = this.#watch(name);
    try {
      return { kind: "table", table: zoneTable(writtenOut(readTzif(readFileSync(path)))) };
    } catch (error) {
      if (isAbsence(error)) return { kind: "absent" };
      return { kind: "unreadable", problem: `cannot read "${path}": ${describeError(error)}` };
    }
  }
}
