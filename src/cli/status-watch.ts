/** `btu status --watch`: the screen, drawn anew in its place. */
import { Wakeup } from "../base/clock.ts";
import { UsageError } from "../base/errors.ts";
import { durationText } from "../base/times.ts";
import type { StatusDocument } from "../observe/status.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";
import { readStatus } from "./read-status.ts";
import { statusLines } from "./status-screen.ts";
import { bulletLines, cut } from "./text.ts";

const MS_PER_SECOND = 1_000;
const EVERY_MS = 1_000;
/** How often it is looked whether the terminal was resized. */
const LOOK_EVERY_MS = 200;

const ESCAPE = "\u001b[";
/** A screen of its own, without a cursor: what stood on the terminal comes back afterwards. */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l`;
const LEAVE = `${ESCAPE}?25h${ESCAPE}?1049l`;
const TO_TOP = `${ESCAPE}H`;
const WIPE_REST_OF_LINE = `${ESCAPE}K`;
const WIPE_BELOW = `${ESCAPE}J`;
/** Terminals that know these show what lies between them at once; the others pass over them. */
const BEGIN_FRAME = `${ESCAPE}?2026h`;
const END_FRAME = `${ESCAPE}?2026l`;

/** The last answer, and what stands in the way of a newer one. */
interface View {
  readonly status: StatusDocument | null;
  readonly answeredMs: number;
  /** Why there is no newer answer; null while all is well. */
  readonly trouble: string | null;
}

function troubleLines({ trouble, status, answeredMs }: View, context: CliContext): string[] {
  if (trouble === null) return [];
  const { clock, output } = context;
  const age = durationText((clock.nowMs() - answeredMs) / MS_PER_SECOND);
  const last = status === null ? [] : [output.style.dim(`this was its last answer, ${age} ago`)];
  const text = `${trouble}; asking again every second`;
  return [...bulletLines(output.style.sign("bad"), [text], output.size.width), ...last, ""];
}

/** The lines that fit; the last row stays free, since some terminals scroll when it is filled. */
function viewLines(view: View, context: CliContext): string[] {
  const { width, rows } = context.output.size;
  const { style } = context.output;
  const known = view.status === null ? [] : statusLines(view.status, { style, width });
  const all = [...troubleLines(view, context), ...known].map((line) => cut(line, width));
  const room = Math.max(rows - 1, 1);
  return all.length <= room ? all : [...all.slice(0, room - 1), style.dim("…")];
}

/** One write, each line over the old one: nothing is wiped before it is written anew, so nothing flickers. */
function draw(lines: readonly string[], output: Output): void {
  const text = lines.map((line) => `${line}${WIPE_REST_OF_LINE}\n`).join("");
  output.write(`${BEGIN_FRAME}${TO_TOP}${text}${WIPE_BELOW}${END_FRAME}`);
}

async function look(before: View, context: CliContext): Promise<View> {
  const found = await readStatus(context);
  if (found.health === "down") return { ...before, trouble: found.problems.join("; ") };
  return { status: found, answeredMs: context.clock.nowMs(), trouble: null };
}

function sizeText({ size }: Output): string {
  return `${size.width}x${size.rows}`;
}

/** Waits for the next second, and draws again when the terminal was resized meanwhile. */
async function rest(view: View, context: CliContext, signal: AbortSignal): Promise<void> {
  const { clock, output } = context;
  const wakeup = new Wakeup(clock);
  const endMs = clock.monotonicMs() + EVERY_MS;
  let drawn = sizeText(output);
  for (let leftMs = EVERY_MS; leftMs > 0 && !signal.aborted; leftMs = endMs - clock.monotonicMs()) {
    await wakeup.sleep(Math.min(leftMs, LOOK_EVERY_MS), signal);
    if (sizeText(output) === drawn) continue;
    drawn = sizeText(output);
    draw(viewLines(view, context), output);
  }
}

async function watchScreen(context: CliContext, signal: AbortSignal): Promise<void> {
  const { output } = context;
  // Whatever is to be noted beside it is said before the screen is ours.
  let view = await look({ status: null, answeredMs: 0, trouble: null }, context);
  output.write(ENTER);
  try {
    while (!signal.aborted) {
      draw(viewLines(view, context), output);
      await rest(view, context, signal);
      if (!signal.aborted) view = await look(view, context);
    }
  } finally {
    output.write(LEAVE);
  }
  output.lines(viewLines(view, context));
}

async function watchJson(context: CliContext, signal: AbortSignal): Promise<void> {
  const { output, clock } = context;
  const wakeup = new Wakeup(clock);
  while (!signal.aborted) {
    output.write(`${JSON.stringify(await readStatus(context))}\n`);
    await wakeup.sleep(EVERY_MS, signal);
  }
}

/**
 * Shows the status each second until somebody ends it.
 *
 * @throws UsageError when there is no terminal to draw on; ClosedPipeError when nobody reads any more.
 */
export async function watchStatus(isJson: boolean, context: CliContext): Promise<ExitCode> {
  if (!isJson && !context.output.canDraw) {
    throw new UsageError("--watch needs a terminal; use --watch --json in a pipe");
  }
  const signal = context.interruption();
  await (isJson ? watchJson(context, signal) : watchScreen(context, signal));
  return EXIT.ok;
}
