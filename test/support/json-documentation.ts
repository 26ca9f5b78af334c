/** Holds what the commands print for programs against docs/cli-json.md, key by key. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const DOCUMENTATION = readFileSync(resolve(import.meta.dir, "../../docs/cli-json.md"), "utf8");

/** Key to type, as the section's table has them. */
function documented(title: string): Map<string, string> {
  const section = DOCUMENTATION.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
  const rows = section.matchAll(
    /^\| `([^`]+)` +\| (text or null|text|number or null|number|yes or no|list|any) +\|/gm,
  );
  return new Map(Array.from(rows, ([, key = "", type = ""]) => [key, type]));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return (
    { string: "text", number: "number", boolean: "yes or no" }[typeof value as string] ?? "object"
  );
}

/** Every key of a document with the types its values have; a list of texts is one value. */
function found(value: unknown, path = ""): Array<readonly [key: string, type: string]> {
  if (Array.isArray(value) && value.some((part) => typeof part === "object")) {
    return value.flatMap((part) => found(part, `${path}[]`));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const start = path === "" ? "" : `${path}.`;
    return Object.entries(value).flatMap(([key, part]) => found(part, `${start}${key}`));
  }
  return [[path, typeOf(value)]];
}

/** Where a document is not as the section of this title says, a few words each. */
export function mismatches(title: string, ...values: readonly unknown[]): string[] {
  const wanted = documented(title);
  const seen = values.flatMap((value) => found(value));
  const keys = new Set(seen.map(([key]) => key));
  // An object or a list that is not there this time has its parts documented.
  const isParent = (key: string): boolean =>
    [...wanted.keys()].some((one) => one.startsWith(`${key}.`) || one.startsWith(`${key}[`));
  const wrong = seen.filter(([key, type]) => {
    const types = wanted.get(key);
    if (types === undefined) return !isParent(key);
    return types !== "any" && !types.split(" or ").includes(type) && types !== type;
  });
  const missing = [...wanted.keys()].filter((key) => !keys.has(key));
  return [
    ...wrong.map(([key, type]) => `${key} is ${type}`),
    ...missing.map((key) => `${key} is missing`),
  ];
}
