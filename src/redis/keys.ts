/** Every Redis key of the program: its name, type and content. Nobody else builds one. */

/** The daemon's own keys; all begin with `redis_key_prefix`. */
export interface Keys {
  /** ZSET: the agenda. Member `id|due`, score = due plus jitter (epoch seconds). Shared with the earlier BTU daemons. */
  readonly agenda: string;
  /** HASH id → plan record, see agenda/plan-record.ts. */
  readonly planned: string;
  /** HASH id → settled record: the last occurrence that was placed or given up, see agenda/plan-record.ts. */
  readonly settled: string;
  /** HASH id → JSON of the last ledger entry of that schedule. */
  readonly lastOutcome: string;
  /** HASH id → JSON of the last job placed, the overlap policy's guard. */
  readonly lastJob: string;
  /** HASH id → claim of an occurrence that the site itself enqueues, see agenda/hand-overs.ts. */
  readonly handing: string;
  /** HASH id → JSON {since_ms, note}; field `|` stands for all schedules. */
  readonly paused: string;
  /** STREAM: firings and occurrences that were not placed. */
  readonly ledger: string;
  /** STRING: counter that every writing script raises. */
  readonly generation: string;
  /** HASH id → JSON {since, cron, zone, gap, overlap}: when the schedule is due, since which instant (epoch seconds). */
  readonly definitions: string;
  /** STREAM of changes of definitions and of pauses: schedule, at_ms, change, definition. */
  readonly changes: string;
  /** STRING, expires: identity of the daemon that does the work. */
  readonly leader: string;
  /** STRING: counts how often the leadership was taken. */
  readonly term: string;
  /** ZSET daemon → when it was last seen, by Redis's own clock (epoch ms). */
  readonly daemons: string;
  /** HASH {format, source, repairs}: whose state this is and in which form. The name is found by a scan. */
  readonly state: string;
  /** HASH fact → value: what was found out about the site, see redis/remembered.ts. */
  readonly remembered: string;
  /** STRINGs `requests:ID`, expire: what became of a request that is carried out once. */
  readonly requests: string;
  /** LIST of requests in our own form, for the daemons of this prefix alone. */
  readonly commands: string;
}

/** The daemon's keys under this prefix, such as `btu_scheduler:`. */
export function makeKeys(prefix: string): Keys {
  return {
    agenda: `${prefix}task_execution_times`,
    planned: `${prefix}planned`,
    settled: `${prefix}settled`,
    lastOutcome: `${prefix}last_outcome`,
    lastJob: `${prefix}last_job`,
    handing: `${prefix}handing_over`,
    paused: `${prefix}paused`,
    ledger: `${prefix}ledger`,
    generation: `${prefix}generation`,
    definitions: `${prefix}definitions`,
    changes: `${prefix}changes`,
    leader: `${prefix}leader`,
    term: `${prefix}term`,
    daemons: `${prefix}daemons`,
    state: `${prefix}btu_state`,
    remembered: `${prefix}remembered`,
    requests: `${prefix}requests`,
    commands: `${prefix}commands`,
  };
}

/** Where it is remembered that a request was carried out. */
export function requestKey({ requests }: Keys, requestId: string): string {
  return `${requests}:${requestId}`;
}

/** Field of `paused` that stands for every schedule; no id can hold a bar. */
export const PAUSED_ALL = "|";

/** Keys of the commands that the app sends through Redis. They name no site: all daemons of one Redis share them. */
export const rpcKeys = {
  /** LIST: the app pushes JSON at its left. */
  commands: "btu:scheduler:commands",
  /** LISTs, expire: every key that an answer may be pushed to begins so. */
  responsePrefix: "btu:scheduler:rpc:",
  /** ZSET daemon → when it was last seen, by Redis's own clock (epoch ms). */
  daemons: "btu:scheduler:daemons",
  /** LIST, expires: what other daemons hand over to this one, JSON {schedules, pauses}. */
  inbox: (daemonId: string): string => `btu:scheduler:inbox:${daemonId}`,
} as const;

/** RQ's keys: names are fixed by RQ. */
export const rqKeys = {
  /** SET of full queue keys. */
  queues: "rq:queues",
  /** SET of full worker keys. */
  workers: "rq:workers",
  /** HASH of one worker; the members of `workers` are such keys. */
  worker: (name: string): string => `rq:worker:${name}`,
  /** LIST of job ids waiting. `queue` is the name with its bench prefix, if any. */
  queue: (queue: string): string => `rq:queue:${queue}`,
  /** LIST of job ids that a worker of RQ 1.15 or newer has taken off its only queue and not started yet. */
  intermediate: (queue: string): string => `rq:queue:${queue}:intermediate`,
  /** HASH of one job. */
  job: (jobId: string): string => `rq:job:${jobId}`,
  /** SET of the jobs that wait for this one. */
  dependents: (jobId: string): string => `rq:job:${jobId}:dependents`,
  /** SET of the jobs that this one waits for; two colons are right. */
  dependencies: (jobId: string): string => `rq:job::${jobId}:dependencies`,
  /** STREAM of what the job's runs came to; RQ 1.12 and newer. */
  results: (jobId: string): string => `rq:results:${jobId}`,
  /** ZSET of running jobs: member is the job id (1.x) or `job:execution` (2.x), score when it counts as abandoned. */
  wip: (queue: string): string => `rq:wip:${queue}`,
  /** ZSET of jobs that ended well; score when RQ forgets them, `+inf` for never. */
  finished: (queue: string): string => `rq:finished:${queue}`,
  /** ZSET of jobs that failed; score when RQ forgets them, -1 for never. */
  failed: (queue: string): string => `rq:failed:${queue}`,
  /** ZSET of jobs that wait for another one; what the score means depends on RQ's version. */
  deferred: (queue: string): string => `rq:deferred:${queue}`,
  /** ZSET of jobs that RQ itself is to put on the queue; score when that is due. */
  scheduled: (queue: string): string => `rq:scheduled:${queue}`,
  /** ZSET of jobs that were called off; score when. RQ 1.10 and newer. */
  canceled: (queue: string): string => `rq:canceled:${queue}`,
  /** STRING: while it exists no worker takes a job. */
  suspended: "rq:suspended",
} as const;
