/** From a queue's short name to the one that workers listen on: Frappe 14 and newer put the bench's name before it. */
import type { Redis } from "ioredis";
import type { Log } from "../base/log.ts";
import { rqKeys } from "../redis/keys.ts";
import type { Remembered } from "../redis/remembered.ts";
import { readRqWorkers } from "../redis/rq-workers.ts";

/** What finding the names needs. */
export interface QueueNamesOptions {
  readonly client: Redis;
  readonly remembered: Remembered;
  readonly log: Log;
  /** From the configuration, with the colon at its end: `queue_prefix`, else `bench_id`; null to find it out. */
  readonly prefix: string | null;
}

/** A bench's prefix ends in a colon; a queue name has none. */
function prefixOf(queue: string): string {
  return queue.slice(0, queue.lastIndexOf(":") + 1);
}

function onlyOne(values: readonly string[]): string | null {
  const distinct = new Set(values);
  const [first] = distinct;
  return distinct.size === 1 && first !== undefined ? first : null;
}

/** The names of queues, as found at the last `refresh`. */
export class QueueNames {
  readonly #options: QueueNamesOptions;
  /** Found out from workers; the empty text when they use none. */
  #found: string | null = null;
  /** Whether live workers said so, and not only memory. */
  #isConfirmed = false;
  #listened: ReadonlySet<string> = new Set();
  #warned = new Set<string>();

  constructor(options: QueueNamesOptions) {
    this.#options = options;
  }

  /**
   * The name that workers know, full of its prefix. A name that carries the prefix already is left as it is.
   *
   * @throws when the prefix must be found out first and Redis cannot be asked.
   */
  async fullName(queue: string): Promise<string> {
    if (this.#options.prefix === null && this.#found === null) await this.#look();
    return this.#withPrefix(queue);
  }

  /** Whether a live worker listened on this full name at the last look. */
  hasWorker(fullName: string): boolean {
    return this.#listened.has(fullName);
  }

  /** Looks at the workers; warns once of each queue in use that none of them listens on. */
  async refresh(queuesInUse: ReadonlySet<string>): Promise<void> {
    await this.#look();
    const names = [...queuesInUse].map((queue) => this.#withPrefix(queue));
    const without = new Set(names.filter((name) => !this.hasWorker(name)));
    for (const queue of without) {
      if (this.#warned.has(queue)) continue;
      this.#options.log.warn("no worker listens on a queue that schedules use", { queue });
    }
    this.#warned = without;
  }

  #withPrefix(queue: string): string {
    const prefix = this.#options.prefix ?? this.#found ?? "";
    return queue.startsWith(prefix) ? queue : prefix + queue;
  }

  async #look(): Promise<void> {
    const workers = await readRqWorkers(this.#options.client);
    this.#listened = new Set(workers.flatMap(({ queues }) => queues));
    if (this.#options.prefix === null) await this.#findPrefix();
  }

  /** Live workers tell it; while none lives, what was seen before; else the queues that RQ knows. */
  async #findPrefix(): Promise<void> {
    const { client, remembered, log } = this.#options;
    if (this.#listened.size > 0) {
      const prefix = onlyOne([...this.#listened].map(prefixOf)) ?? "";
      if (prefix === this.#found && this.#isConfirmed) return;
      this.#found = prefix;
      this.#isConfirmed = true;
      await remembered.remember("queue_prefix", prefix);
      log.info(prefix === "" ? "workers use no queue prefix" : "workers use a queue prefix", {
        prefix,
      });
      return;
    }
    if (this.#found !== null) return;
    const known = await client.smembers(rqKeys.queues);
    const names = known.map((key) => key.slice(rqKeys.queue("").length));
    const seen = await remembered.recall("queue_prefix");
    this.#found = seen ?? onlyOne(names.map(prefixOf)) ?? "";
  }
}
