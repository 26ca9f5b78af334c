/** One built-in time zone as a line of text; `zone-builtin.ts` tells the form. */
import type { ZoneRules } from "./tzif.ts";

const BASE = 36;
const NO_UNIT = 1;

function gcd(left: number, right: number): number {
  return right === 0 ? Math.abs(left) : gcd(right, left % right);
}

/** Writes the line of a table that these names share. */
export function writeZoneLine(names: readonly string[], zone: ZoneRules): string {
  const { transitions } = zone;
  const steps = transitions.map((at, index) => at - (transitions[index - 1] ?? 0));
  const unit = steps.reduce(gcd, 0) || NO_UNIT;
  const offsets = [...new Set(zone.offsets)];
  const indexes = zone.offsets.map((offset) => offsets.indexOf(offset).toString(BASE));
  if (offsets.length > BASE) throw new Error(`"${names[0]}" has more than ${BASE} offsets`);
  const times = steps.map((step) => (step / unit).toString(BASE));
  return [
    names.join(" "),
    unit,
    offsets.join(" "),
    indexes.join(""),
    times.join(" "),
    zone.rule,
  ].join("|");
}

/** Reads a line that `writeZoneLine` wrote. */
export function readZoneLine(line: string): ZoneRules {
  const [, unit = "", offsetTexts = "", indexes = "", times = "", rule = ""] = line.split("|");
  const known = offsetTexts.split(" ").map(Number);
  const offsets = Array.from(indexes, (digit) => known[Number.parseInt(digit, BASE)] ?? 0);
  let at = 0;
  const transitions = (times === "" ? [] : times.split(" ")).map((step) => {
    at += Number.parseInt(step, BASE) * Number(unit);
    return at;
  });
  return { transitions, offsets, rule };
}
