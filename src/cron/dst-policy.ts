/** What happens to runs that a clock change skips or shows twice. */

/** For runs that fall into the hour skipped when clocks go forward: one run right after it, or none. */
export const DST_GAPS = ["run_after", "skip"] as const;
/** For fixed times that clocks show twice when they go back: at the first, at both, or at the last showing. */
export const DST_OVERLAPS = ["first", "both", "last"] as const;

/** What happens to runs in the skipped hour. */
export type DstGap = (typeof DST_GAPS)[number];
/** What happens to fixed times in the repeated hour. */
export type DstOverlap = (typeof DST_OVERLAPS)[number];

/** Both choices of a schedule. */
export interface DstPolicy {
  readonly gap: DstGap;
  readonly overlap: DstOverlap;
}

/** A fixed-time job runs once on each of its days. */
export const DEFAULT_DST_POLICY: DstPolicy = { gap: "run_after", overlap: "first" };

/** Reads both choices as they are stored; what is unknown becomes the default. */
export function parseDstPolicy(gap: unknown, overlap: unknown): DstPolicy {
  return {
    gap: DST_GAPS.find((choice) => choice === gap) ?? DEFAULT_DST_POLICY.gap,
    overlap: DST_OVERLAPS.find((choice) => choice === overlap) ?? DEFAULT_DST_POLICY.overlap,
  };
}
