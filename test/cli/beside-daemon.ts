/** A daemon that sees a fixed wall time, and `btu` beside it: on a terminal, and in a pipe. */
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { runChild } from "../support/child.ts";
import type { Ran } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { fakeWall } from "../support/fake-wall.ts";
import { startRedis } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runInTerminal } from "../support/terminal.ts";
import type { Seen } from "../support/terminal.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A minute that has just begun: distances, told in whole minutes, stay the same for as long as the test takes. */
const WALL_MS = Date.parse("2026-03-07T12:00:02Z");

/** What the screens are taken of. */
export interface BesideOptions {
  /** The schedules file. */
  readonly schedules: string;
  /** Fills Redis before the daemon starts. */
  readonly prepare?: (client: Redis) => Promise<void>;
}

/** The daemon and the ways to call `btu`. */
export interface Beside extends AsyncDisposable {
  readonly daemon: Daemon;
  /** On a terminal of so many columns. */
  btu(args: readonly string[], columns: number, env?: Env): Promise<Seen>;
  /** With its output going into a pipe. */
  piped(args: readonly string[], env?: Env): Promise<Ran>;
}

/** Starts both; the clock of the machine is that of `TZ` in `env`, else UTC. */
export async function startBeside({ schedules, prepare }: BesideOptions): Promise<Beside> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const dir = stack.use(tempDir());
  writeFileSync(dir.file("schedules.toml"), schedules);
  await prepare?.(await redis.client());
  const config = `rq_url = "${redis.url}"\nschedules_file = "${dir.file("schedules.toml")}"\nzone_data = "builtin"\n`;
  const daemon = stack.use(await startDaemon({ config, wallMs: WALL_MS }));
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  const owned = stack.move();
  const command = (args: readonly string[]) => [
    executable("btu"),
    "--config",
    daemon.configPath,
    ...args,
  ];
  const envOf = (env: Env) => ({ TZ: "UTC", ...fakeWall(dir, WALL_MS).env, ...env });
  return {
    daemon,
    btu: (args, columns, env = {}) =>
      runInTerminal({ command: command(args), columns, env: envOf(env) }),
    piped: (args, env = {}) =>
      runChild({ command: command(args), env: withoutOwnSettings(envOf(env)) }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A screen without what differs from run to run, which is replaced by as many columns where that matters. */
export function steady(text: string): string {
  return (
    text
      // Cut off or not: that depends on the length of the commit and the pid.
      .replaceAll(/^version [^\n]*, pid [^\n]*/gm, "version V, pid P, …")
      .replaceAll(/clock is [\d.]+ s behind/g, "clock is N s behind")
      .replaceAll(/, term \d+ \([^\n]*/g, ", term N (HOST)")
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
      .replaceAll(/\/\S*\/(schedules|btu_scheduler)\.toml/g, "/PATH/$1.toml")
      .replaceAll(/(?:now|\d[\w ]* ago) in \d[\d.]* m?s/g, "AGO in MS")
      .replaceAll(/12:00:\d\d/g, "12:00:xx")
      .replaceAll(/11:5\d:\d\d/g, "11:5x:xx")
  );
}
