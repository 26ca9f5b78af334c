/** Fires a batch of attempts and sorts out what became of each. */
import type { Agenda } from "../agenda/agenda.ts";
import type { FireRequest, FireVerdict } from "../agenda/fire-request.ts";
import type { Clock } from "../base/clock.ts";
import { unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { commonJobFields } from "../job/rq-job.ts";
import { RedisRefusal } from "../redis/script.ts";
import type { Attempt } from "./attempt.ts";
import type { Book } from "./book.ts";
import type { FiringReport } from "./firing-report.ts";
import { reportFiring } from "./firing-report.ts";

/** What firing needs. */
export interface FirerOptions {
  readonly agenda: Agenda;
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each occurrence that is done with, and what follows it. */
  readonly onDone: (report: FiringReport) => void;
  /** Told of a schedule whose definition in Redis is not ours: it is to be read again. */
  readonly onChanged: (scheduleId: string) => void;
}

/** Redis refuses everything for these reasons: taking the batch apart would find no culprit. */
const REFUSES_ALL = new Set([
  "OOM",
  "READONLY",
  "MISCONF",
  "BUSY",
  "LOADING",
  "NOREPLICAS",
  "MASTERDOWN",
  "OLDSTATE",
]);

/** How the attempts leave a batch. */
export interface Aftermath {
  /** Fired or settled. */
  readonly done: Attempt[];
  /** No longer ours to fire: the agenda is to be read again. */
  readonly lost: Attempt[];
  /** To be asked for again; Redis did nothing about them. */
  readonly staying: Attempt[];
}

/** Redis does not say which key it refuses; the job's own queue is the only one that differs between schedules. */
function refusalText({ job, schedule }: Attempt, refusal: RedisRefusal): string {
  const queue = job?.queue ?? schedule.queue;
  const advice = `give it ~rq:queue:${queue} in Redis's access list`;
  const text = `place a job on the queue "${queue}": ${refusal.message}`;
  return refusal.code === "NOPERM" ? `${text}: ${advice}` : text;
}

/** Fires attempts. */
export class Firer {
  readonly #options: FirerOptions;

  constructor(options: FirerOptions) {
    this.#options = options;
  }

  /**
   * Asks the script to fire these attempts, all of different schedules.
   *
   * @throws when the reply was lost or Redis refuses everything: to be called again with the same attempts.
   */
  async fire(attempts: readonly Attempt[]): Promise<Aftermath> {
    const { agenda, book, clock } = this.#options;
    const nowMs = clock.nowMs();
    const requests = attempts.map((attempt) =>
      attempt.request(nowMs, book.get(attempt.schedule.id)?.lastJob ?? null),
    );
    let verdicts: FireVerdict[];
    try {
      verdicts = await agenda.fire(requests, { nowMs, commonFields: commonJobFields(nowMs) });
    } catch (error) {
      if (!(error instanceof RedisRefusal) || REFUSES_ALL.has(error.code)) throw error;
      return this.#takeApart(attempts, error);
    }
    const aftermath: Aftermath = { done: [], lost: [], staying: [] };
    for (const [index, attempt] of attempts.entries()) {
      const [request, verdict] = [requests[index], verdicts[index]];
      if (request === undefined || verdict === undefined)
        throw new Error("script fire: short reply");
      const kind = await this.#conclude(attempt, request, { verdict, nowMs });
      aftermath[kind].push(attempt);
    }
    return aftermath;
  }

  /** A refused call wrote nothing: halves find the one occurrence that Redis does not allow. */
  async #takeApart(attempts: readonly Attempt[], refusal: RedisRefusal): Promise<Aftermath> {
    const [first] = attempts;
    if (first !== undefined && attempts.length === 1) {
      this.#retry(first, refusalText(first, refusal));
      return { done: [], lost: [], staying: [first] };
    }
    const middle = Math.ceil(attempts.length / 2);
    const left = await this.fire(attempts.slice(0, middle));
    const right = await this.fire(attempts.slice(middle));
    return {
      done: [...left.done, ...right.done],
      lost: [...left.lost, ...right.lost],
      staying: [...left.staying, ...right.staying],
    };
  }

  async #conclude(
    attempt: Attempt,
    request: FireRequest,
    { verdict, nowMs }: { readonly verdict: FireVerdict; readonly nowMs: number },
  ): Promise<keyof Aftermath> {
    switch (verdict.kind) {
      case "placed":
      case "already":
      case "settled":
      case "paused":
      case "overlap":
        this.#done(attempt, request, { verdict: verdict.kind, nowMs });
        return "done";
      case "entered":
        this.#report({
          attempt,
          // What follows was planned by somebody else meanwhile.
          request: { ...request, next: null },
          verdict: "settled",
          firedMs: nowMs,
        });
        return "lost";
      case "moved":
        this.#options.log.debug("not the planned occurrence any more", {
          occurrence: attempt.member,
        });
        return "lost";
      case "changed":
        this.#options.onChanged(attempt.schedule.id);
        return "lost";
      case "last_job":
        await this.#learnLastJob(attempt.schedule.id);
        return "staying";
      case "wrong_type":
        this.#retry(attempt, `place a job: the key "${verdict.key}" holds something else`);
        return "staying";
      default:
        return unreachable(verdict);
    }
  }

  #done(
    attempt: Attempt,
    request: FireRequest,
    { verdict, nowMs }: { readonly verdict: FiringReport["verdict"]; readonly nowMs: number },
  ): void {
    const report: FiringReport = { attempt, request, verdict, firedMs: nowMs };
    this.#remember(report);
    this.#report(report);
  }

  #report(report: FiringReport): void {
    reportFiring(this.#options.log, report);
    this.#options.onDone(report);
  }

  /** The book keeps what the scripts wrote, so that it can be written back. */
  #remember({ attempt, request, verdict, firedMs }: FiringReport): void {
    const entry = this.#options.book.get(attempt.schedule.id);
    if (entry === undefined) return;
    entry.settled = request.settled;
    entry.dueSeconds = request.next?.plan.dueSeconds ?? null;
    if (request.job === null || (verdict !== "placed" && verdict !== "already")) return;
    const { id, queue, timeoutSeconds } = request.job;
    if (request.overlapGuard !== null) {
      entry.lastJob = { id, queue, placedMs: firedMs, timeoutSeconds };
    }
  }

  async #learnLastJob(scheduleId: string): Promise<void> {
    const { agenda, book } = this.#options;
    const entry = book.get(scheduleId);
    if (entry !== undefined) entry.lastJob = await agenda.lastJob(scheduleId);
  }

  #retry(attempt: Attempt, trouble: string): void {
    const { clock, log } = this.#options;
    if (attempt.trouble !== trouble) log.warn(trouble, { occurrence: attempt.member });
    attempt.retryLater(trouble, clock.nowMs());
  }
}
