/** What `btu doctor` finds. */

/** One thing that was looked at; docs/cli-json.md tells what its parts mean. */
export interface Finding {
  readonly level: "ok" | "warning" | "error";
  /** Which part of the whole it is about: `Redis`, `socket`. */
  readonly area: Area;
  /** What was found; of a warning or an error also the way out. */
  readonly text: string;
}

/** In the order of the screen. */
export const AREAS = [
  "configuration",
  "files",
  "time zones",
  "Redis",
  "clock",
  "schedules",
  "SQL rights",
  "web server",
  "jobs",
  "socket",
  "workers",
  "daemon",
] as const;

/** One of them. */
export type Area = (typeof AREAS)[number];

/** Makes findings of one area. */
export function findingsOf(
  area: Area,
): Readonly<Record<Finding["level"], (text: string) => Finding>> {
  return {
    ok: (text) => ({ level: "ok", area, text }),
    warning: (text) => ({ level: "warning", area, text }),
    error: (text) => ({ level: "error", area, text }),
  };
}
