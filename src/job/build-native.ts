/** Jobs whose call we pickle ourselves: no web server is asked. */
import { unreachable } from "../base/errors.ts";
import { encodePickle } from "../pickle/encode.ts";
import { pyRepr } from "../pickle/repr.ts";
import { PyDict, PyTuple } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";
import { unpackCall } from "../schedule/packed-call.ts";
import type { BtuTaskWork, CallWork } from "../schedule/schedule.ts";
import { BuildError } from "./builder.ts";
import type { Builder, JobTtls, JobWish } from "./builder.ts";
import { newJobId } from "./job-ids.ts";
import type { JobIds } from "./job-ids.ts";
import type { QueueNames } from "./queue-names.ts";
import { compressData } from "./rq-job.ts";
import type { RqJob } from "./rq-job.ts";

/** What a Frappe site must tell before its jobs can be built here. */
export interface FrappeSite {
  readonly site: string;
  /** The Frappe user in whose name a task runs. @throws BuildError while nobody can tell. */
  user(signal: AbortSignal): Promise<string>;
  readonly ids: Pick<JobIds, "next">;
  readonly ttls: JobTtls;
}

/** What the builder needs. */
export interface NativeOptions {
  readonly queueNames: QueueNames;
  /** Null where no Frappe site is configured; then only calls of a file can be built. */
  readonly frappe: FrappeSite | null;
}

/** Pickling is quick; this much ahead even thousands of jobs due at once are ready in time. */
const AHEAD_SECONDS = 2;
/** Nothing is waited for, so there is no use in more than one at a time. */
const CONCURRENCY = 1;

const EXECUTE_JOB = "frappe.utils.background_jobs.execute_job";
const RUN_TASK = "btu.btu_core.task_runner.run_task_by_id";
const ON_FAILURE = "btu.btu_core.task_runner.on_btu_task_failure";
/** RQ cuts each argument of its default description there. */
const DESCRIBED_ARGUMENT_LENGTH = 75;

/** RQ's tuple: function, instance, args, kwargs. */
function pickleCall(call: string, args: readonly PickleValue[], kwargs: PyDict): Uint8Array {
  return compressData(encodePickle(new PyTuple([call, null, new PyTuple(args), kwargs])));
}

/** RQ's default description: the call as Python would write it. */
function describeCall(call: string, args: readonly PickleValue[], kwargs: PyDict): string {
  const options = { maxLength: DESCRIBED_ARGUMENT_LENGTH };
  const named = [...kwargs].map(
    ([key, value]) => `${typeof key === "string" ? key : pyRepr(key)}=${pyRepr(value, options)}`,
  );
  return `${call}(${[...args.map((value) => pyRepr(value, options)), ...named.toSorted()].join(", ")})`;
}

interface Call {
  readonly data: Uint8Array;
  readonly description: string;
}

function makeCall(call: string, args: readonly PickleValue[], kwargs: PyDict): Call {
  return {
    data: pickleCall(call, args, kwargs),
    description: describeCall(call, args, kwargs),
  };
}

/** Opens the builder. */
export function nativeBuilder(options: NativeOptions): Builder {
  return new NativeBuilder(options);
}

class NativeBuilder implements Builder {
  readonly kind = "native";
  readonly aheadSeconds = AHEAD_SECONDS;
  readonly concurrency = CONCURRENCY;
  readonly #options: NativeOptions;
  /** A file's call is the same every time; schedules are replaced as objects when they change. */
  readonly #calls = new WeakMap<CallWork, Call>();

  constructor(options: NativeOptions) {
    this.#options = options;
  }

  async build(wish: JobWish, signal: AbortSignal): Promise<RqJob> {
    const { work } = wish;
    if (work === null) throw new BuildError("build a job: nothing to run", { transient: false });
    switch (work.kind) {
      case "call":
        return this.#buildCall(wish, work);
      case "btu_task":
        return this.#buildTask(wish, work, signal);
      default:
        return unreachable(work);
    }
  }

  async #buildCall(wish: JobWish, work: CallWork): Promise<RqJob> {
    let call = this.#calls.get(work);
    if (call === undefined) {
      const { args, kwargs } = unpackCall(work.call);
      call = makeCall(work.function, args, kwargs);
      this.#calls.set(work, call);
    }
    return {
      id: newJobId(),
      queue: await this.#options.queueNames.fullName(wish.queue),
      data: call.data,
      description: call.description,
      timeoutSeconds: work.timeoutSeconds,
      resultTtlSeconds: work.resultTtlSeconds,
      failureTtlSeconds: work.failureTtlSeconds,
    };
  }

  /** The same call as Frappe's own enqueue makes for a task of the app. */
  async #buildTask(wish: JobWish, work: BtuTaskWork, signal: AbortSignal): Promise<RqJob> {
    const { frappe, queueNames } = this.#options;
    if (frappe === null) {
      throw new BuildError('build a job: "site" is not configured', { transient: false });
    }
    const id = await frappe.ids.next();
    const kwargs = PyDict.fromRecord({
      site: frappe.site,
      user: await frappe.user(signal),
      method: RUN_TASK,
      event: null,
      job_name: RUN_TASK,
      is_async: true,
      kwargs: PyDict.fromRecord({
        task_id: work.taskId,
        site_name: frappe.site,
        schedule_id: wish.id,
        rq_job_id: id,
      }),
    });
    return {
      id,
      queue: await queueNames.fullName(wish.queue),
      ...makeCall(EXECUTE_JOB, [], kwargs),
      timeoutSeconds: work.timeoutSeconds,
      ...frappe.ttls,
      failureCallback: ON_FAILURE,
    };
  }
}
