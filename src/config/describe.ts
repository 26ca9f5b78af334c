/** The configuration as data for people and programs, without its secrets. */
import { formatOrigin } from "./origin.ts";
import type { Origin } from "./origin.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { SECTIONS } from "./schema.ts";
import type { AnyKey, Config, ConfigKey } from "./schema.ts";

/** One key as `btu config show` tells it. */
export interface DescribedKey {
  readonly key: ConfigKey;
  readonly section: string;
  /** A secret as `***`, a URL without its credentials; null when it is not set. */
  readonly value: unknown;
  /** The same as it stands in the file; null when it is not set. */
  readonly text: string | null;
  /** What holds while it is not set, else null. */
  readonly when_unset: string | null;
  readonly secret: boolean;
  /** `default`, a variable of the environment, or a file and line. */
  readonly origin: string;
  readonly about: string;
}

function shown({ kind, secret }: AnyKey, value: unknown): Pick<DescribedKey, "value" | "text"> {
  if (value === null) return { value, text: null };
  if (kind.show !== undefined) {
    const text = kind.show(value);
    return { value: text, text: JSON.stringify(text) };
  }
  return secret === true ? { value: "***", text: "***" } : { value, text: kind.format(value) };
}

/** Every key in the order of the documentation, with its value and where that came from; holds no secret. */
export function describeConfig(
  config: Config,
  origins: ReadonlyMap<ConfigKey, Origin>,
): DescribedKey[] {
  return SECTIONS.flatMap(({ title, keys }) =>
    [...keys].map(([key, spec]): DescribedKey => {
      const value = config[key];
      return {
        key,
        section: title,
        ...shown(spec, value),
        when_unset: value === null ? (spec.whenUnset ?? null) : null,
        secret: spec.secret === true,
        origin: formatOrigin(origins.get(key) ?? { source: "default" }),
        about: spec.about,
      };
    }),
  );
}

/** A Redis URL with credentials, and the password in it as written and as decoded; nothing without credentials. */
function secretsOfUrl(url: string): string[] {
  const reading = parseRedisUrl(url);
  if ("problem" in reading || !url.includes("@")) return [];
  const written = /:\/\/[^:@/]*:(.*)@/.exec(url)?.[1] ?? "";
  return [url, written, reading.value.password ?? ""];
}

/** The token, and its secret half, which could stand alone. */
function secretsOfToken(token: string): string[] {
  return [token, token.slice(token.indexOf(":") + 1)];
}

/** Every text that must never leave the program. */
export function secretsOf(config: Config): string[] {
  const { sql_password: sql, rq_password: redis, rq_url: url, webserver_token: token } = config;
  const all = [
    sql ?? "",
    redis ?? "",
    ...(url === null ? [] : secretsOfUrl(url)),
    ...(token === null ? [] : secretsOfToken(token)),
  ];
  return [...new Set(all)].filter((secret) => secret !== "");
}
