/** For those who want an answer now: whether the first attempt to connect succeeds. */
import { withDeadline } from "../base/abort.ts";
import type { DeadlineOptions } from "../base/abort.ts";
import { describeError } from "../base/errors.ts";
import type { RedisConnection } from "./connect.ts";

/** Rejects when the first attempt to connect fails: the connection itself would go on trying. */
function firstFault({ client }: RedisConnection): Promise<never> {
  return new Promise((_, reject) => {
    client.once("error", reject);
  });
}

/** What nobody listens to, or cannot be found; what Redis itself refuses is told with a way out of its own. */
const NOT_REACHED = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT|ENOENT/;

/** Waits for the connection; tells why it cannot be used and what to look at, or null when it can. */
export async function firstProblem(
  redis: RedisConnection,
  options: DeadlineOptions,
): Promise<string | null> {
  try {
    await withDeadline(options, (signal) => Promise.race([redis.ready(signal), firstFault(redis)]));
    return null;
  } catch (error) {
    const why = redis.problem ?? describeError(error);
    return NOT_REACHED.test(why) ? `${why}; check rq_host and rq_port, or rq_url` : why;
  }
}
