/** Columns that tell what became of occurrences. */
import { isPlaced } from "../observe/outcomes.ts";
import type { FiringStatus } from "../observe/status.ts";
import { millisecondsText, secondsOf } from "../base/times.ts";
import type { Style } from "./style.ts";
import type { Column } from "./table.ts";

const MS_PER_SECOND = 1_000;

function outcomePaint(outcome: string, style: Style): (text: string) => string {
  if (["fired", "handed_over", "manual"].includes(outcome)) return style.green;
  return ["failed", "lost"].includes(outcome) ? style.red : style.yellow;
}

function lateText({ due, fired_at: fired, outcome }: FiringStatus): string {
  if (!isPlaced(outcome) || outcome === "manual") return "";
  return millisecondsText((secondsOf(fired) - secondsOf(due)) * MS_PER_SECOND);
}

/** The columns behind the one that tells when. */
export function firingColumns(style: Style): ReadonlyArray<Column<FiringStatus>> {
  return [
    {
      title: "OUTCOME",
      cell: ({ outcome, count }) => (count > 1 ? `${outcome} ×${count}` : outcome),
      paint: (text, { outcome }) => outcomePaint(outcome, style)(text),
    },
    { title: "LATE", cell: lateText, align: "right", rank: 1 },
    { title: "SCHEDULE", cell: ({ schedule }) => schedule, shrinkTo: 20 },
    { title: "QUEUE", cell: ({ queue }) => queue ?? "", shrinkTo: 10, rank: 2 },
    {
      title: "JOB OR REASON",
      cell: ({ reason, job }) => reason ?? job ?? "",
      shrinkTo: 16,
      rank: 3,
    },
  ];
}
