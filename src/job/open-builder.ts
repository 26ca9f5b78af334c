/** Chooses how each schedule's jobs are built. */
import { unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Schedule, Work } from "../schedule/schedule.ts";
import { delegatedBuilder } from "./build-delegated.ts";
import type { FindTrace } from "./build-delegated.ts";
import { nativeBuilder } from "./build-native.ts";
import type { FrappeSite } from "./build-native.ts";
import { pickledBuilder } from "./build-pickled.ts";
import { BuildError } from "./builder.ts";
import type { Builder, BuilderKind } from "./builder.ts";
import type { QueueNames } from "./queue-names.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";

/** What choosing needs. */
export interface OpenBuilderOptions {
  readonly choice: "auto" | BuilderKind;
  readonly queueNames: QueueNames;
  /** Null where no web server is configured. */
  readonly endpoints: FrappeEndpoints | null;
  /** Null where no site is configured. */
  readonly frappe: FrappeSite | null;
  /** Where the traces of a job that the site enqueued can be found. */
  readonly traces: readonly FindTrace[];
  readonly prefetchSeconds: number;
  readonly log: Log;
}

/** Gives the builder of a schedule. */
export type BuilderFor = (schedule: Schedule) => Builder;

/** A builder for what cannot be built with this configuration: each occurrence fails with the way out. */
function refusal(reason: string): Builder {
  const error = new BuildError(reason, { transient: false });
  return { kind: "native", aheadSeconds: 0, concurrency: 1, build: () => Promise.reject(error) };
}

/** Opens the builders; whoever asks for a schedule's builder gets the same one each time. */
export function openBuilder(options: OpenBuilderOptions): BuilderFor {
  const { choice, queueNames, endpoints, frappe, traces, prefetchSeconds, log } = options;
  const native = nativeBuilder({ queueNames, frappe });
  const pickled =
    endpoints === null
      ? refusal("build a job: the web server must pickle it, and webserver_token is not configured")
      : pickledBuilder({ endpoints, queueNames, aheadSeconds: prefetchSeconds });
  const delegated =
    endpoints === null
      ? refusal("hand over a job: webserver_token, for the site to enqueue it, is not configured")
      : delegatedBuilder({ endpoints, traces });
  const tooOld = refusal(
    "build a job: this BTU app is older than 15.1 and cannot run a native job; set job_builder to auto or pickled",
  );
  const told = new Set<string>();
  const tell = (text: string): void => {
    if (!told.has(text)) log.info(text);
    told.add(text);
  };
  const builderOfTask = (runsById: boolean): Builder => {
    switch (choice) {
      case "native":
        return runsById ? native : tooOld;
      case "pickled":
        return pickled;
      case "delegated":
        return delegated;
      case "auto":
        if (!runsById) return pickled;
        if (frappe !== null) return native;
        tell('jobs are pickled by the web server, since "site" is not configured');
        return pickled;
      default:
        return unreachable(choice);
    }
  };
  const builderOf = (work: Work | null): Builder => {
    if (work?.kind !== "btu_task") return native;
    return work.isRemote === true ? delegated : builderOfTask(work.runsById);
  };
  return ({ work }) => builderOf(work);
}
