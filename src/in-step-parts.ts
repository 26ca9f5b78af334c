/** What keeps the book and the agenda in step with the sources. */
import { isActive } from "./agenda/plan.ts";
import { ExpressionCache } from "./cron/expression-cache.ts";
import type { Book } from "./engine/book.ts";
import { ChangeWatch } from "./engine/change-watch.ts";
import type { FireLoop } from "./engine/fire-loop.ts";
import { ReconcileLoop } from "./engine/reconcile-loop.ts";
import { Reconciler } from "./engine/reconciler.ts";
import { Rereads } from "./engine/rereads.ts";
import type { JobIds } from "./job/job-ids.ts";
import { droppedEntry } from "./observe/status-source.ts";
import type { Shared } from "./shared-parts.ts";

/** The parts: at all times, after a change that was told, and after one that was not. */
export interface InStep {
  readonly reconcile: ReconcileLoop;
  readonly rereads: Rereads;
  readonly changes: ChangeWatch;
}

/** Parts that are made later. */
interface InStepLinks {
  readonly isLeader: () => boolean;
  readonly fireLoop: () => FireLoop;
  readonly jobIds: JobIds;
}

/** The queues that active schedules use. */
function queuesInUse(book: Book): Set<string> {
  const queues = new Set<string>();
  for (const { schedule } of book.entries()) {
    if (isActive(schedule)) queues.add(schedule.queue);
  }
  return queues;
}

/** Makes them; nothing runs yet. */
export function openInStep(shared: Shared, { isLeader, fireLoop, jobIds }: InStepLinks): InStep {
  const { live, redis, book, clock, queueNames, zones, recent } = shared;
  const common = { ...shared, log: shared.log.for("reconcile") };
  const reconciler = new Reconciler({
    ...common,
    tools: { expressions: new ExpressionCache(), zones },
    mayWrite: isLeader,
    onDropped: (dropped) => recent.add(droppedEntry(dropped, clock.nowMs()), null),
    onReconciled: async () => {
      fireLoop().refresh();
      if (!redis.isReady) return;
      await queueNames.refresh(queuesInUse(book));
      await jobIds.refresh();
    },
  });
  const reconcile = new ReconcileLoop({
    ...common,
    reconciler,
    get refreshMs() {
      return live.current.full_refresh_internal_secs * 1000;
    },
  });
  const readAll = (): Promise<void> => reconcile.request();
  const onRead = (): void => fireLoop().look();
  const rereads = new Rereads({ ...common, reconciler, readAll, onRead });
  const onChanged = (ids: readonly string[]): void => rereads.readOnce(ids);
  const changes = new ChangeWatch({ reconciler, clock, mayAsk: isLeader, onChanged, readAll });
  return { reconcile, rereads, changes };
}
