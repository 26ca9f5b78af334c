/** `redis://`, `rediss://` and `unix://` URLs, as Python's redis client reads them. */

/** Where Redis is and who we are there; `tls` is present when the connection is to be encrypted. */
export interface RedisAddress {
  readonly host?: string;
  readonly port?: number;
  /** A Unix socket, in place of host and port. */
  readonly path?: string;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Record<string, never>;
}

/** What stands for a port that the URL leaves out. */
const URL_PORT = 6379;
const PORT_MAX = 65_535;
/** Redis keeps the number of a database in a 32-bit integer. */
export const REDIS_DB_MAX = 2_147_483_647;

const URL_FORM = /^(redis|rediss|unix):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const PLACE_FORM = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i;
const NUMBER = /^\d{1,10}$/;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error("a percent sign in it must be written %25");
  }
}

/** `user:password`, `:password` or `user`; empty parts count as absent. */
function credentials(user: string): Pick<RedisAddress, "username" | "password"> {
  const colon = user.indexOf(":");
  const username = decode(colon < 0 ? user : user.slice(0, colon));
  const password = colon < 0 ? "" : decode(user.slice(colon + 1));
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

function database(digits: string): number {
  const db = NUMBER.test(digits) ? Number(digits) : Infinity;
  if (db > REDIS_DB_MAX)
    throw new Error("the database must be a number, as in redis://host:6379/0");
  return db;
}

function databaseOfQuery(query: string): number | null {
  const options = new URLSearchParams(query);
  for (const name of options.keys()) {
    if (name !== "db") throw new Error("the only option after ? is db");
  }
  const db = options.get("db");
  return db === null ? null : database(db);
}

/** The parts of a URL, as text; absent ones are empty. */
type Parts = Readonly<Record<"scheme" | "user" | "place" | "path" | "query", string>>;

function split(url: string): Parts {
  const found = URL_FORM.exec(url);
  if (found === null) {
    throw new Error(
      "expected a URL like redis://:password@host:6379/0; in the password / ? # % must be percent-encoded",
    );
  }
  const [, scheme = "", user = "", place = "", path = "", query = ""] = found;
  return { scheme: scheme.toLowerCase(), user, place, path, query };
}

function unixAddress({ place, path, query }: Parts): Pick<RedisAddress, "path" | "db"> {
  if (place !== "" || path.length < 2) {
    throw new Error("a Unix socket is written unix:///path/to/redis.sock?db=0");
  }
  return { path: decode(path), db: databaseOfQuery(query) ?? 0 };
}

function tcpAddress({ place, path, query }: Parts): Pick<RedisAddress, "host" | "port" | "db"> {
  const found = PLACE_FORM.exec(place);
  const [, six, name, digits] = found ?? [];
  const port = Number(digits ?? URL_PORT);
  if (found === null || port < 1 || port > PORT_MAX) {
    throw new Error(
      "expected a host name or address and a port 1-65535 after ://; in a password / ? # % must be percent-encoded",
    );
  }
  const pathDb = path.length > 1 ? database(path.slice(1)) : 0;
  return { host: six ?? name ?? "", port, db: databaseOfQuery(query) ?? pathDb };
}

function parse(url: string): RedisAddress {
  const parts = split(url);
  const who = credentials(parts.user);
  if (parts.scheme === "unix") return { ...unixAddress(parts), ...who };
  return { ...tcpAddress(parts), ...who, ...(parts.scheme === "rediss" ? { tls: {} } : {}) };
}

/** Reads a URL; what is wrong is told without showing any part of it, because it may hold a password. */
export function parseRedisUrl(
  url: string,
): { readonly value: RedisAddress } | { readonly problem: string } {
  try {
    return { value: parse(url) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The URL with everything before its last `@` blotted out; other text is given back as it is. */
export function blotUrl(url: string): string {
  return url.replace(/(:\/\/).*@/s, "$1***@");
}
