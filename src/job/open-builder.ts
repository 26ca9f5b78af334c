/** Chooses how each schedule's jobs are built. */
import type { Clock } from "../base/clock.ts";
import { unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import type { BtuTaskWork } from "../schedule/schedule.ts";
import { delegatedBuilder } from "./build-delegated.ts";
import type { FindTrace } from "./build-delegated.ts";
import { nativeBuilder } from "./build-native.ts";
import type { FrappeSite } from "./build-native.ts";
import { pickledBuilder } from "./build-pickled.ts";
import { BuildError } from "./builder.ts";
import type { Builder, BuilderKind, JobTtls, JobWish } from "./builder.ts";
import type { JobIds } from "./job-ids.ts";
import type { QueueNames } from "./queue-names.ts";

/** What choosing needs. */
export interface OpenBuilderOptions {
  readonly choice: "auto" | BuilderKind;
  readonly queueNames: QueueNames;
  /** Null where no web server is configured. */
  readonly endpoints: FrappeEndpoints | null;
  /** Null where no site is configured. */
  readonly frappe: FrappeSite | null;
  readonly ids: Pick<JobIds, "next">;
  readonly ttls: JobTtls;
  /** Where the traces of a job that the site enqueued can be found. */
  readonly traces: readonly FindTrace[];
  readonly prefetchSeconds: number;
  readonly pickledFallback: "wait" | "cached";
  readonly clock: Clock;
  readonly log: Log;
}

/** Gives the builder of a schedule, or of a task that is run by hand. */
export type BuilderFor = (wish: Pick<JobWish, "work">) => Builder;

type Builders = Readonly<Record<BuilderKind | "tooOld", Builder>>;

/** A builder for what cannot be built with this configuration: each occurrence fails with the way out. */
function refusal(kind: BuilderKind, reason: string): Builder {
  const error = new BuildError(reason, { transient: false });
  return { kind, aheadSeconds: 0, concurrency: 1, build: () => Promise.reject(error) };
}

function openAll(options: OpenBuilderOptions): Builders {
  const { endpoints, prefetchSeconds, pickledFallback } = options;
  const native = nativeBuilder(options);
  const tooOld = refusal(
    "native",
    "build a job: this BTU app is older than 15.1.1 and cannot run a native job; set job_builder to auto or pickled",
  );
  if (endpoints === null) {
    const without = "and webserver_token is not configured";
    return {
      native,
      tooOld,
      pickled: refusal("pickled", `build a job: the web server must pickle it, ${without}`),
      delegated: refusal("delegated", `build a job: the site must enqueue it, ${without}`),
    };
  }
  return {
    native,
    tooOld,
    pickled: pickledBuilder({
      ...options,
      endpoints,
      aheadSeconds: prefetchSeconds,
      fallback: pickledFallback,
    }),
    delegated: delegatedBuilder({ ...options, endpoints }),
  };
}

/** Opens the builders; whoever asks for a schedule's builder gets the same one each time. */
export function openBuilder(options: OpenBuilderOptions): BuilderFor {
  const { choice, frappe, log } = options;
  const builders = openAll(options);
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (!told.has(text)) log.info(text);
    told.add(text);
  };
  const ofTask = ({ isRemote, runsById }: BtuTaskWork): Builder => {
    // The site's own Redis is out of reach: there is no other way.
    if (isRemote === true) return builders.delegated;
    switch (choice) {
      case "native":
        return runsById ? builders.native : builders.tooOld;
      case "pickled":
      case "delegated":
        return builders[choice];
      case "auto":
        if (!runsById) return builders.pickled;
        if (frappe !== null) return builders.native;
        tell('jobs are pickled by the web server, since "site" is not configured');
        return builders.pickled;
      default:
        return unreachable(choice);
    }
  };
  return ({ work }) => (work?.kind === "btu_task" ? ofTask(work) : builders.native);
}
