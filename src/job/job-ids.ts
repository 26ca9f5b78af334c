/**
 * Ids of the jobs of a Frappe site. Frappe 15 and newer lists only jobs whose id begins with the site's name, but RQ 2 cuts ids
 * at a colon, and from 2.8 on a worker ends at an id with a bar: so the workers' version decides.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { rqKeys } from "../redis/keys.ts";
import type { Remembered } from "../redis/remembered.ts";
import { readRqWorkers } from "../redis/rq-workers.ts";

/** `plain`: letters and digits. `pipes`: `site||` before them. `colons`: `site::` before them. */
export type JobIdStyle = "plain" | "pipes" | "colons";

/** What choosing the ids needs. */
export interface JobIdsOptions {
  readonly client: Redis;
  readonly remembered: Remembered;
  readonly log: Log;
  readonly choice: "auto" | JobIdStyle;
  /** Null where no site is configured: then ids are plain. */
  readonly site: string | null;
}

const SEPARATORS: Readonly<Record<JobIdStyle, string>> = { plain: "", pipes: "||", colons: "::" };
/** Workers from this version on refuse all but letters, digits, dashes and underscores. */
const STRICT_FROM = { major: 2, minor: 8 };
/** Keys looked through for existing jobs: a tenth of a second of Redis, in small steps. */
const SCAN_STEPS_MAX = 50;
const SCAN_COUNT = 1_000;

/** Random, so that nothing about the schedule leaks into keys and no id is ever used twice. */
export function newJobId(): string {
  return randomUUID().replaceAll("-", "");
}

interface Version {
  readonly major: number;
  readonly minor: number;
}

/** What cannot be read is taken for new: a plain id is safe everywhere. */
function parseVersion(text: string): Version {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match === null ? STRICT_FROM : { major: Number(match[1]), minor: Number(match[2]) };
}

function isStrict({ major, minor }: Version): boolean {
  return major > STRICT_FROM.major || (major === STRICT_FROM.major && minor >= STRICT_FROM.minor);
}

/** What these workers can all take; `existing` where only jobs that exist tell. */
function styleFor(versions: readonly string[]): "plain" | "pipes" | "existing" {
  const parsed = versions.map(parseVersion);
  if (parsed.some(isStrict)) return "plain";
  return parsed.some(({ major }) => major < STRICT_FROM.major) ? "existing" : "pipes";
}

/** Characters that Redis takes for a pattern. */
function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, String.raw`\$&`);
}

function isStyle(text: string | null): text is JobIdStyle {
  return text !== null && Object.hasOwn(SEPARATORS, text);
}

/** Makes ids in the style that was found at the last `refresh`. */
export class JobIds {
  readonly #options: JobIdsOptions;
  #style: JobIdStyle | null;

  constructor(options: JobIdsOptions) {
    this.#options = options;
    const { choice, site } = options;
    if (site === null) this.#style = "plain";
    else this.#style = choice === "auto" ? null : choice;
  }

  /**
   * A new id.
   *
   * @throws when the style must be found out first and Redis cannot be asked.
   */
  async next(): Promise<string> {
    this.#style ??= await this.#find();
    const { site } = this.#options;
    const id = newJobId();
    return this.#style === "plain" ? id : `${site}${SEPARATORS[this.#style]}${id}`;
  }

  /** Looks at the workers; a bench may be updated while we run. */
  async refresh(): Promise<void> {
    const { choice, site, log, remembered } = this.#options;
    if (site === null || choice !== "auto") return;
    const style = await this.#find();
    if (style === this.#style) return;
    this.#style = style;
    await remembered.remember("job_id_style", style);
    log.info("job ids follow the workers' version", { style });
  }

  /** Live workers tell it; while none lives, what was seen before. */
  async #find(): Promise<JobIdStyle> {
    const { client, remembered } = this.#options;
    const workers = await readRqWorkers(client);
    if (workers.length === 0) {
      const before = await remembered.recall("job_id_style");
      return isStyle(before) ? before : "plain";
    }
    const style = styleFor(workers.map(({ version }) => version));
    switch (style) {
      case "plain":
      case "pipes":
        return style;
      case "existing":
        // A mixed lot cannot read colons: those of version 2 would lose such a job.
        return this.#existing(workers.some(({ version }) => parseVersion(version).major >= 2));
      default:
        return unreachable(style);
    }
  }

  /** As the jobs of the site that stand in Redis, whoever made them. */
  async #existing(isMixed: boolean): Promise<JobIdStyle> {
    const { client, site } = this.#options;
    const start = rqKeys.job(site ?? "");
    const pattern = `${escapeGlob(start)}[:|]*`;
    let cursor = "0";
    for (let step = 0; step < SCAN_STEPS_MAX; step += 1) {
      const [next, keys] = await client.scan(cursor, "MATCH", pattern, "COUNT", SCAN_COUNT);
      const rest = keys.map((key) => key.slice(start.length));
      if (rest.some((text) => text.startsWith(SEPARATORS.pipes))) return "pipes";
      const hasColons = rest.some((text) => text.startsWith(SEPARATORS.colons));
      if (hasColons && !isMixed) return "colons";
      cursor = next;
      if (cursor === "0") break;
    }
    return "plain";
  }
}
