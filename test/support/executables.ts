/** The compiled program that is tested. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Another build may be named in `BTU_TEST_DIST`. */
const DIST = process.env["BTU_TEST_DIST"] ?? resolve(import.meta.dir, "../../dist");

/**
 * The path of `btu` or `btu-daemon`.
 *
 * @throws Error when it was not built.
 */
export function executable(name: "btu" | "btu-daemon"): string {
  const path = resolve(DIST, name);
  if (!existsSync(path)) throw new Error(`"${path}" is missing; "npm run build" makes it`);
  return path;
}

const SCREEN_SETTINGS = new Set(["COLUMNS", "FORCE_COLOR", "NO_COLOR", "TZDIR"]);

/** Settings of the person who runs the tests must not reach the program. */
export function withoutOwnSettings(
  env: Readonly<Record<string, string | undefined>> = {},
): Record<string, string | undefined> {
  const own = Object.keys(process.env).filter(
    (name) => name.startsWith("BTU_SCHEDULER_") || SCREEN_SETTINGS.has(name),
  );
  return { ...Object.fromEntries(own.map((name) => [name, undefined])), ...env };
}
