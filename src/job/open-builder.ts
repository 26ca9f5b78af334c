/** Chooses how each schedule's jobs are built. */
import type { Clock } from "../base/clock.ts";
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
import { openChoice } from "./choose-builder.ts";
import type { BuilderChoice } from "./choose-builder.ts";
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

/** A builder for what cannot be built with this configuration: each occurrence fails with the way out. */
function refusal({ kind, problem }: BuilderChoice): Builder {
  const error = new BuildError(`build a job: ${problem}`, { transient: false });
  return { kind, aheadSeconds: 0, concurrency: 1, build: () => Promise.reject(error) };
}

function openServed(
  kind: Exclude<BuilderKind, "native">,
  endpoints: FrappeEndpoints,
  options: OpenBuilderOptions,
): Builder {
  if (kind === "delegated") return delegatedBuilder({ ...options, endpoints });
  const { prefetchSeconds: aheadSeconds, pickledFallback: fallback } = options;
  return pickledBuilder({ ...options, endpoints, aheadSeconds, fallback });
}

/** Opens the builders; whoever asks for a schedule's builder gets the same one each time. */
export function openBuilder(options: OpenBuilderOptions): BuilderFor {
  const { choice, frappe, endpoints, log } = options;
  const choose = openChoice({ choice, hasSite: frappe !== null, hasServer: endpoints !== null });
  const native = nativeBuilder(options);
  const open = (chosen: BuilderChoice): Builder => {
    const { kind, problem, why, advice } = chosen;
    if (advice !== null) log.info("how jobs of the site are made", { builder: kind, why, advice });
    if (problem !== null) return refusal(chosen);
    if (kind === "native" || endpoints === null) return native;
    return openServed(kind, endpoints, options);
  };
  const opened = new Map<BuilderChoice, Builder>();
  const ofTask = (work: BtuTaskWork): Builder => {
    const chosen = choose(work);
    const builder = opened.get(chosen) ?? open(chosen);
    opened.set(chosen, builder);
    return builder;
  };
  return ({ work }) => (work?.kind === "btu_task" ? ofTask(work) : native);
}
