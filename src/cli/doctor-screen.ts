/** The screen of `btu doctor`. */
import { AREAS } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { Mark } from "./style.ts";
import type { TableOptions } from "./table.ts";
import { bulletLines, counted, cut, pad } from "./text.ts";

/** What the screen is laid out for. */
export interface DoctorScreen extends TableOptions {
  readonly errors: number;
  readonly warnings: number;
  readonly isQuiet: boolean;
}

const MARKS: Readonly<Record<Finding["level"], Mark>> = { ok: "ok", warning: "warn", error: "bad" };
const LABEL_WIDTH = 15;

function lines({ level, area, text }: Finding, isFirst: boolean, screen: DoctorScreen): string[] {
  const { style, width } = screen;
  const label = style.bold(pad(isFirst ? area : "", LABEL_WIDTH));
  return bulletLines(`${label}${style.sign(MARKS[level])}`, [text], width);
}

/** The lines of the screen, by area; none is wider than it. */
export function doctorLines(findings: readonly Finding[], screen: DoctorScreen): string[] {
  const { style, width, errors, warnings, isQuiet } = screen;
  const all = AREAS.flatMap((area) => {
    const own = findings.filter((finding) => finding.area === area);
    return own.flatMap((finding, index) => lines(finding, index === 0, screen));
  });
  if (isQuiet) return all;
  const last = `${counted(errors, "error")}, ${counted(warnings, "warning")}`;
  const mark = style.sign(errors > 0 ? "bad" : "ok");
  const paint = errors > 0 ? style.red : style.green;
  return [...all, "", cut(`${mark} ${paint(last)}`, width)];
}
