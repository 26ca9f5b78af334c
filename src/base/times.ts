/** Times for people. */

/** Units by their seconds, the greatest first. */
const UNITS: ReadonlyArray<readonly [seconds: number, name: string]> = [
  [31_536_000, "y"],
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A length of time in its two greatest units: `3d 4h`, `5min 20s`, `0s`. */
export function durationText(seconds: number): string {
  let rest = Math.floor(Math.abs(seconds));
  const first = UNITS.findIndex(([size]) => rest >= size);
  if (first < 0) return "0s";
  const parts = UNITS.slice(first, first + 2).map(([size, name]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count}${name}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** How far an instant is from now: `in 5min 20s`, `3d 4h ago`, `now`. */
export function distanceText(atSeconds: number, nowSeconds: number): string {
  const ahead = Math.round(atSeconds - nowSeconds);
  if (ahead === 0) return "now";
  return ahead > 0 ? `in ${durationText(ahead)}` : `${durationText(-ahead)} ago`;
}

/** Milliseconds as people say them: `3 ms`, `1.2 s`, `5min 20s`. */
export function millisecondsText(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${Math.round(ms)} ms`;
  return Math.abs(ms) < 60_000 ? `${(ms / 1000).toFixed(1)} s` : durationText(ms / 1000);
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** `-04:00`, `UTC`: the end of an ISO text. */
function offsetWord(end: string): string {
  const offset = end.replace(/^\.\d+/, "");
  return offset === "Z" || offset === "+00:00" ? "UTC" : offset;
}

/** `2026-03-08T03:00:00-04:00` as `Sun 2026-03-08 03:00:00 -04:00`: the clock of its own zone, whatever ours is. */
export function spokenTime(iso: string): string {
  const wall = iso.slice(0, 19);
  const weekday = WEEKDAYS[new Date(`${wall}Z`).getUTCDay()] ?? "";
  return `${weekday} ${wall.replace("T", " ")} ${offsetWord(iso.slice(19))}`;
}

/** As `spokenTime` where room is short: `03-08 03:00 -04:00`, with the year where it is not that of `nowMs`, and seconds where there are any. */
export function shortTime(iso: string, nowMs: number): string {
  const [date = "", rest = ""] = iso.split("T");
  const thisYear = new Date(nowMs).toISOString().slice(0, 5);
  const day = date.startsWith(thisYear) ? date.slice(thisYear.length) : date;
  const clock = rest.slice(0, 8).replace(/:00$/, "");
  return `${day} ${clock} ${offsetWord(rest.slice(8))}`;
}

/** Epoch seconds of an ISO text; NaN when it is none. */
export function secondsOf(iso: string): number {
  return Date.parse(iso) / 1000;
}
