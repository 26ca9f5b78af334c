/** An RQ worker as `btu workers` shows it. */
import type { RqWorker } from "../redis/rq-workers.ts";

/** One worker; docs/cli-json.md tells what its parts mean. */
export interface WorkerRow {
  readonly name: string;
  readonly state: string;
  readonly stopping: boolean;
  readonly queues: readonly string[];
  readonly job: string | null;
  readonly finished: number;
  readonly failed: number;
  readonly working_s: number;
  readonly started_at: string | null;
  readonly last_heartbeat: string | null;
  readonly version: string | null;
  readonly python: string | null;
  readonly host: string | null;
  readonly address: string | null;
  readonly pid: number | null;
}

function textOf(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

function numberOf(text: string | undefined): number {
  const number = Number(text ?? 0);
  return Number.isFinite(number) ? number : 0;
}

function timeOf(text: string | undefined): string | null {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** Makes the row. */
export function workerRow({ name, queues, state, version, fields }: RqWorker): WorkerRow {
  const pid = textOf(fields.pid);
  return {
    name,
    state: state === "" ? "unknown" : state,
    stopping: fields.shutdown_requested_date !== undefined,
    queues,
    job: textOf(fields.current_job),
    finished: numberOf(fields.successful_job_count),
    failed: numberOf(fields.failed_job_count),
    working_s: numberOf(fields.total_working_time),
    started_at: timeOf(fields.birth),
    last_heartbeat: timeOf(fields.last_heartbeat),
    version: textOf(version),
    // The rest tells how it was compiled.
    python: textOf(fields.python_version)?.split(" ", 1)[0] ?? null,
    host: textOf(fields.hostname),
    address: textOf(fields.ip_address),
    pid: pid === null ? null : numberOf(pid),
  };
}
