/** Looks at a Redis as an administrator would: version, role, eviction, persistence, rights. */
import type { Redis } from "ioredis";
import { describeError } from "../base/errors.ts";
import { rqKeys } from "./keys.ts";
import type { Keys } from "./keys.ts";

/** What was found. `error`: the daemon cannot keep its promise so. */
export interface RedisFinding {
  readonly level: "ok" | "warning" | "error";
  /** What was looked at: "version", "eviction". */
  readonly subject: string;
  readonly text: string;
}

/** What is looked at. */
export interface CheckOptions {
  readonly client: Redis;
  readonly keys: Keys;
  /** Full names of the queues that jobs will be placed on. */
  readonly queues: readonly string[];
}

/** Streams, and scripts whose effects are replicated rather than their text. */
const VERSION_MIN = 5;
/** A name that no job has; its key is never written. */
const PROBE_JOB = "btu-rights-probe";

type Info = ReadonlyMap<string, string>;

async function readInfo(client: Redis): Promise<Info> {
  const text = await client.info();
  const lines = text.split(/\r?\n/).filter((line) => line.includes(":"));
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}

function checkVersion(info: Info): RedisFinding {
  const version = info.get("redis_version") ?? "unknown";
  const tooOld = Number.parseInt(version, 10) < VERSION_MIN;
  const text = tooOld
    ? `Redis ${version} is too old: ${VERSION_MIN}.0 or newer is needed, 7 or newer advised`
    : `Redis ${version}`;
  return { level: tooOld ? "error" : "ok", subject: "version", text };
}

function checkRole(info: Info): RedisFinding {
  const isReplica = info.get("role") === "slave";
  return isReplica
    ? {
        level: "error",
        subject: "role",
        text: "this Redis is a replica and takes no writes: name the master, or use rq_sentinels",
      }
    : { level: "ok", subject: "role", text: "takes writes" };
}

function checkEviction(info: Info): RedisFinding {
  const policy = info.get("maxmemory_policy") ?? "unknown";
  if (policy.startsWith("allkeys-")) {
    const text = `maxmemory-policy is ${policy}: when memory runs out Redis may throw the agenda or waiting jobs away; set it to noeviction`;
    return { level: "error", subject: "eviction", text };
  }
  return { level: "ok", subject: "eviction", text: `maxmemory-policy ${policy}` };
}

async function savePoints(client: Redis): Promise<string | null> {
  try {
    const reply = await client.config("GET", "save");
    return Array.isArray(reply) ? (reply[1] ?? "") : null;
  } catch {
    return null;
  }
}

async function checkPersistence(client: Redis, info: Info): Promise<RedisFinding> {
  const subject = "persistence";
  if (info.get("aof_enabled") === "1") {
    return { level: "ok", subject, text: "appendonly is on" };
  }
  const save = await savePoints(client);
  const until =
    save === ""
      ? "Redis keeps nothing over a restart"
      : "after a crash Redis comes back with its last snapshot";
  const text = `appendonly is off: ${until}; what a daemon placed since is then entered as lost, if the daemon lived on. Set appendonly yes to be safe`;
  return { level: "warning", subject, text };
}

/** Asks for an empty script over each key: Redis checks the right to the keys before it runs anything. */
async function checkRights({ client, keys, queues }: CheckOptions): Promise<RedisFinding[]> {
  const wanted = [
    ...Object.values(keys),
    rqKeys.queues,
    rqKeys.job(PROBE_JOB),
    ...queues.flatMap((queue) => [rqKeys.queue(queue), rqKeys.wip(queue)]),
  ];
  const findings: RedisFinding[] = [];
  for (const key of wanted) {
    try {
      await client.eval("return 1", 1, key);
    } catch (error) {
      const text = `this Redis user may not use the key "${key}": ${describeError(error)}`;
      findings.push({ level: "error", subject: "rights", text: `${text}. ${adviceFor(key)}` });
    }
  }
  if (findings.length > 0) return findings;
  return [{ level: "ok", subject: "rights", text: "all keys may be used" }];
}

function adviceFor(key: string): string {
  return key.startsWith("rq:")
    ? "Give it ~rq:* in Redis's access list"
    : "Set redis_key_prefix to a prefix it may use (on a Frappe bench with RQ users: rq:btu:)";
}

/** Looks at everything; reads only. What this user may not ask is left out. */
export async function checkRedis(options: CheckOptions): Promise<RedisFinding[]> {
  const { client } = options;
  const findings = await checkRights(options);
  try {
    const info = await readInfo(client);
    findings.push(checkVersion(info), checkRole(info), checkEviction(info));
    findings.push(await checkPersistence(client, info));
  } catch (error) {
    const text = `this Redis user may not run INFO: ${describeError(error)}`;
    findings.push({ level: "warning", subject: "settings", text });
  }
  return findings;
}
