/** Which key a written name means. */
import { closest } from "../base/suggest.ts";
import { FOREIGN_NAMES, RETIRED_KEYS } from "./legacy.ts";
import { KEYS } from "./schema.ts";
import type { ConfigKey } from "./schema.ts";

/** What a name stands for. */
export type Meaning =
  | { readonly kind: "key"; readonly key: ConfigKey }
  /** The value names a file that holds the key's secret. */
  | { readonly kind: "secret file"; readonly key: ConfigKey }
  | { readonly kind: "retired"; readonly reason: string };

function meanings(): ReadonlyMap<string, Meaning> {
  const names = new Map<string, Meaning>();
  for (const [key, { aliases = [], secret }] of KEYS) {
    for (const name of [key, ...aliases]) {
      names.set(name, { kind: "key", key });
      if (secret === true) names.set(`${name}_file`, { kind: "secret file", key });
    }
  }
  for (const [name, reason] of RETIRED_KEYS) names.set(name, { kind: "retired", reason });
  return names;
}

const MEANINGS = meanings();

/** What `name` stands for, in any letter case, or null when it is unknown. */
export function meaningOf(name: string): Meaning | null {
  return MEANINGS.get(name.toLowerCase()) ?? null;
}

/** The known name that was probably meant, or null. */
export function nearestName(name: string): string | null {
  return FOREIGN_NAMES.get(name.toLowerCase()) ?? closest(name, MEANINGS.keys());
}

/** Tells whether the value behind `name` may be shown to people; unknown names may be misspelt secrets. */
function isPublic(name: string): boolean {
  const meaning = meaningOf(name);
  if (meaning === null || meaning.kind === "retired") return false;
  return meaning.kind === "secret file" || KEYS.get(meaning.key)?.secret !== true;
}

const SECRET_WORDS = [...MEANINGS.keys()].filter((name) => !isPublic(name));
const LINE_KEY = /^\s*["']?([\w-]+)["']?\s*(?:=|$)/;
const HEADER = /^\s*\[{1,2}[\w.\s-]*\]{0,2}\s*$/;

/** Signs that more stands on a line than one plain value: an address with a password, or a second key. */
const MORE = /@|=.*=/;

/** How much of a line of the file may be shown: it may hold a secret, or be the inside of one. */
export function mayShow(line: string): "all" | "key" | "nothing" {
  if (HEADER.test(line)) return "all";
  const name = LINE_KEY.exec(line)?.[1];
  if (name === undefined || meaningOf(name) === null) return "nothing";
  const rest = line.slice(line.indexOf(name) + name.length).toLowerCase();
  const isPlain = !MORE.test(rest) && !SECRET_WORDS.some((word) => rest.includes(word));
  return isPublic(name) && isPlain ? "all" : "key";
}
