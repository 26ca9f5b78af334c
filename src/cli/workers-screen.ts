/** The screen of `btu workers`. */
import type { WorkerRow } from "./worker-row.ts";
import { shortName } from "./rq-queue-name.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { counted, cut } from "./text.ts";
import { distanceText, secondsOf } from "../base/times.ts";

/** What the screen is laid out for. */
export interface WorkersScreen extends TableOptions {
  readonly nowSeconds: number;
}

function statePaint({ style }: { readonly style: Style }, { state }: WorkerRow) {
  if (state === "busy") return style.cyan;
  return state === "idle" ? style.green : style.yellow;
}

function ago(iso: string | null, nowSeconds: number): string {
  return iso === null ? "" : distanceText(Math.min(secondsOf(iso), nowSeconds), nowSeconds);
}

function columns(screen: WorkersScreen): ReadonlyArray<Column<WorkerRow>> {
  const { nowSeconds, style } = screen;
  return [
    { title: "WORKER", cell: ({ name }) => name, shrinkTo: 12 },
    {
      title: "STATE",
      cell: ({ state, stopping }) => (stopping ? `${state}, stopping` : state),
      paint: (text, row) => statePaint(screen, row)(text),
    },
    { title: "QUEUES", cell: ({ queues }) => queues.map(shortName).join(", "), shrinkTo: 12 },
    { title: "JOB", cell: ({ job }) => job ?? "-", shrinkTo: 8, rank: 2 },
    {
      title: "DONE",
      align: "right",
      cell: ({ finished }) => finished.toLocaleString("en-US"),
      rank: 3,
    },
    {
      title: "FAILED",
      align: "right",
      cell: ({ failed }) => failed.toLocaleString("en-US"),
      rank: 4,
      paint: (text, { failed }) => (failed > 0 ? style.red(text) : text),
    },
    { title: "SEEN", cell: ({ last_heartbeat: at }) => ago(at, nowSeconds), rank: 1 },
    { title: "UP SINCE", cell: ({ started_at: at }) => ago(at, nowSeconds), rank: 7 },
    { title: "RQ", cell: ({ version }) => version ?? "", rank: 5 },
    {
      title: "HOST",
      cell: ({ host, pid }) => `${host ?? "?"} ${pid ?? ""}`.trim(),
      shrinkTo: 8,
      rank: 6,
    },
  ];
}

/** The lines of the screen; none is wider than it. */
export function workerLines(rows: readonly WorkerRow[], screen: WorkersScreen): string[] {
  const { style, width } = screen;
  const table = tableLines(rows, columns(screen), screen);
  const busy = rows.filter(({ state }) => state === "busy").length;
  const last = `${counted(rows.length, "worker")}${rows.length === 0 ? "" : `, ${busy} busy`}`;
  return [...table, ...(table.length === 0 ? [] : [""]), style.dim(cut(last, width))];
}
