/** The two records kept of each schedule beside the agenda, as text that a script can take apart. */

/**
 * What is planned. Its invariant: `dueSeconds` is the first occurrence after `baseSeconds` in the definition's own cron
 * text and zone, so that anybody can check it and a restart changes nothing.
 */
export interface PlanRecord {
  readonly dueSeconds: number;
  readonly baseSeconds: number;
  readonly timingFingerprint: string;
  readonly workFingerprint: string;
  readonly zoneFingerprint: string;
}

/** The last occurrence that was placed or given up. */
export interface SettledRecord {
  readonly dueSeconds: number;
  /** What the clock on the wall showed then, as epoch seconds: after new zone data the same hour must not run again. */
  readonly wallSeconds: number;
}

/** `due base timing work zone`. */
export function formatPlan(plan: PlanRecord): string {
  const { dueSeconds, baseSeconds, timingFingerprint, workFingerprint, zoneFingerprint } = plan;
  return `${dueSeconds} ${baseSeconds} ${timingFingerprint} ${workFingerprint} ${zoneFingerprint}`;
}

/** Reads a plan record; null when it is none. */
export function parsePlan(text: string): PlanRecord | null {
  const match = /^(-?\d+) (-?\d+) (\S+) (\S+) (\S+)$/.exec(text);
  if (match === null) return null;
  const [, due, base, timingFingerprint = "", workFingerprint = "", zoneFingerprint = ""] = match;
  return {
    dueSeconds: Number(due),
    baseSeconds: Number(base),
    timingFingerprint,
    workFingerprint,
    zoneFingerprint,
  };
}

/** `due wall`. */
export function formatSettled({ dueSeconds, wallSeconds }: SettledRecord): string {
  return `${dueSeconds} ${wallSeconds}`;
}

/** Reads a settled record; null when it is none. */
export function parseSettled(text: string): SettledRecord | null {
  const match = /^(-?\d+) (-?\d+)$/.exec(text);
  return match === null ? null : { dueSeconds: Number(match[1]), wallSeconds: Number(match[2]) };
}
