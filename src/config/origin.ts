/** Where a value came from, and how values are told to people. */
import { blotUrl } from "./redis-url.ts";

/** Where a value came from; `secretFile` is the file that a `<key>_file` named and that held it. */
export type Origin =
  | { readonly source: "default" }
  | {
      readonly source: "file";
      readonly path: string;
      readonly line: number | null;
      readonly secretFile?: string;
    }
  | { readonly source: "env"; readonly variable: string; readonly secretFile?: string }
  /** A file of the bench, and the setting in it. */
  | { readonly source: "site file"; readonly path: string; readonly name: string };

/** The prefix of all our environment variables. */
export const ENV_PREFIX = "BTU_SCHEDULER_";

function placeOf(origin: Origin): string {
  if (origin.source === "default") return "default";
  if (origin.source === "env") return origin.variable;
  if (origin.source === "site file") return `${origin.name} of ${origin.path}`;
  return origin.line === null ? origin.path : `${origin.path}:${origin.line}`;
}

/** `/etc/btu_scheduler/btu_scheduler.toml:12`, `BTU_SCHEDULER_RQ_HOST`, `db_name of …/site_config.json` or `default`. */
export function formatOrigin(origin: Origin): string {
  const place = placeOf(origin);
  if (!("secretFile" in origin) || origin.secretFile === undefined) return place;
  return `${origin.secretFile}, named by ${place}`;
}

/** Longer values are cut: the place is known anyway. */
const SHOWN_MAX = 60;

/** A value as a person would write it, on one line, cut when long, without the password of a URL. */
export function showValue(value: unknown): string {
  if (typeof value === "string") {
    // A quote too many lets one value swallow the lines after it, secrets among them.
    if (/[\r\n]/.test(value)) return "(several lines)";
    const text = blotUrl(value);
    return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
  }
  if (typeof value === "bigint" || typeof value === "boolean") {
    return String(value).slice(0, SHOWN_MAX);
  }
  if (typeof value === "number") return Number.isSafeInteger(value) ? `${value}.0` : String(value);
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? "[list]" : "{table}";
}

/** A name as it stands when it is a plain word, else quoted: a name in a file can hold anything. */
export function showName(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(name.slice(0, SHOWN_MAX));
}
