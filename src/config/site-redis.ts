/** Where a bench has its Redis for RQ, and as whom it speaks there. */
import { parseRedisUrl } from "./redis-url.ts";
import type { RedisAddress } from "./redis-url.ts";
import type { ConfigKey } from "./schema.ts";
import type { SiteSetting } from "./site-files.ts";
import type { SiteKeys } from "./site-keys.ts";

const RQ_KEYS: readonly ConfigKey[] = [
  "rq_url",
  "rq_host",
  "rq_port",
  "rq_db",
  "rq_username",
  "rq_password",
];

const NAME = "redis_queue";

/** The parts of a plain address: then each of them can be written down anew. */
function addParts(keys: SiteKeys, address: RedisAddress, path: string): void {
  const from = { path, name: NAME };
  keys.add("rq_host", address.host, from);
  keys.add("rq_port", BigInt(address.port ?? 0), from);
  keys.add("rq_db", BigInt(address.db), from);
  if (address.username !== undefined) keys.add("rq_username", address.username, from);
  if (address.password !== undefined) keys.add("rq_password", address.password, from);
}

/** Who Frappe is there with `use_rq_auth`: the user that is named, else the one that is called like the bench. */
function userOf(keys: SiteKeys, benchId: string): string | null {
  const isInUse = Boolean(keys.get("use_rq_auth")?.value);
  return isInUse ? (keys.text("rq_username") ?? benchId) : null;
}

function addUser(keys: SiteKeys, user: string, path: string): void {
  keys.add("rq_username", user, { path, name: "use_rq_auth" });
  // The password belongs to this user alone.
  if (!keys.hasAny(["rq_username"])) keys.copy("rq_password", "rq_password");
}

function addUrl(
  keys: SiteKeys,
  url: string,
  { user, path }: { user: string | null; path: string },
): void {
  if (keys.hasAny(RQ_KEYS)) return;
  const password = encodeURIComponent(keys.text("rq_password") ?? "");
  const credentials = user === null ? "" : `${encodeURIComponent(user)}:${password}@`;
  keys.add("rq_url", url.replace("://", `://${credentials}`), { path, name: NAME });
}

function addAddress(keys: SiteKeys, { value, path }: SiteSetting, benchId: string): string | null {
  const url = typeof value === "string" ? value : "";
  const reading = parseRedisUrl(url);
  if ("problem" in reading) return reading.problem;
  const { value: address } = reading;
  const user = url.includes("@") ? null : userOf(keys, benchId);
  if (address.path !== undefined || address.tls !== undefined) {
    addUrl(keys, url, { user, path });
    return null;
  }
  addParts(keys, address, path);
  if (user !== null) addUser(keys, user, path);
  return null;
}

/** Gives the rq_ keys what the bench says, but for those that are written down. */
export function addRedis(keys: SiteKeys, benchId: string): void {
  if (keys.hasAny(["rq_url"])) return;
  const queue = keys.get(NAME);
  if (queue !== undefined) {
    const problem = addAddress(keys, queue, benchId);
    if (problem !== null) keys.fault(queue, NAME, problem);
  } else if (!keys.hasAny(RQ_KEYS)) {
    const text = "the bench's files hold no redis_queue: the rq_ keys and their defaults count";
    keys.warnings.push(text);
  }
}
