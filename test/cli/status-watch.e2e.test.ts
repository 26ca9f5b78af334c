/** `btu status --watch` of the compiled program, on a real terminal. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { widthOf } from "../../src/cli/text.ts";
import { runBtu } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { executable } from "../support/executables.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { openInTerminal } from "../support/terminal.ts";
import type { OpenTerminal } from "../support/terminal.ts";

const CTRL_C = "\u0003";

let redis: RedisServer;
let dir: TempDir;

beforeAll(async () => {
  redis = await startRedis();
  dir = tempDir();
  const schedules = ["a", "b", "c"].map(
    (id) => `[[schedule]]\nid = "${id}"\ncron = "@yearly"\nfunction = "a.b"\n`,
  );
  writeFileSync(dir.file("schedules.toml"), schedules.join("\n"));
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

function start(more: { dir?: TempDir } = {}): Promise<Daemon> {
  const config = `rq_url = "${redis.url}"\nschedules_file = "${dir.file("schedules.toml")}"\n`;
  return startDaemon({ config, ...more });
}

function watch({ configPath }: Pick<Daemon, "configPath">, columns = 80): OpenTerminal {
  const command = [executable("btu"), "--config", configPath, "status", "--watch"];
  return openInTerminal({ command, columns });
}

function shows({ screen }: OpenTerminal, pattern: RegExp): Promise<unknown> {
  return eventually(() => pattern.test(screen.text), { what: `the screen shows ${pattern}` });
}

async function end(terminal: OpenTerminal): Promise<number> {
  terminal.type(CTRL_C);
  return terminal.exited;
}

describe("btu status --watch", () => {
  test("draws over itself each second, and wipes nothing before it is drawn anew", async () => {
    await using daemon = await start();
    await using terminal = watch(daemon);
    await shows(terminal, /BTU Scheduler is healthy/);
    await shows(terminal, /up 3s/);
    expect(terminal.screen.wipes).toBe(0);
    expect([...terminal.screen.modes]).toEqual([1049]);
    expect(terminal.screen.text.match(/BTU Scheduler is healthy/g)).toHaveLength(1);
    expect(await end(terminal)).toBe(0);
  });

  test("leaves the terminal in order, with the last screen on it", async () => {
    await using daemon = await start();
    await using terminal = watch(daemon);
    await shows(terminal, /BTU Scheduler is healthy/);
    expect(await end(terminal)).toBe(0);
    await shows(terminal, /BTU Scheduler is healthy/);
    expect([...terminal.screen.modes]).toEqual([25]);
  });

  test("follows the size of the terminal", async () => {
    await using daemon = await start();
    await using terminal = watch(daemon, 100);
    await shows(terminal, /Leadership .*term \d+ \(/);
    terminal.resize(40, 8);
    await shows(terminal, /…$/);
    const lines = terminal.screen.text.split("\n");
    expect(lines.length).toBeLessThan(8);
    expect(lines.filter((line) => widthOf(line) > 40)).toEqual([]);
    terminal.resize(100, 50);
    await shows(terminal, /Leadership .*term \d+ \(/);
    expect(await end(terminal)).toBe(0);
  });

  test("goes on when the daemon is restarted", async () => {
    using place = tempDir();
    const first = await start({ dir: place });
    await using terminal = watch(first);
    await shows(terminal, /BTU Scheduler is healthy/);
    await first.kill();
    await shows(terminal, /no daemon (?:runs|listens).*asking again every second/s);
    expect(terminal.screen.text).toContain("this was its last answer");
    await first[Symbol.asyncDispose]();
    await using second = await start({ dir: place });
    await eventually(() => !terminal.screen.text.includes("asking again"), { what: "it is back" });
    expect(terminal.screen.text).toContain(`pid ${second.child.pid}`);
    expect(await end(terminal)).toBe(0);
  });

  test("waits for a daemon that is not there yet", async () => {
    await using daemon = await start();
    await daemon.stop();
    await using terminal = watch(daemon);
    await shows(terminal, /no daemon runs/);
    expect(await end(terminal)).toBe(0);
  });

  test("in a pipe it gives JSON, a line each second", async () => {
    await using daemon = await start();
    const script = `"$@" | head -n 2`;
    const command = [executable("btu"), "--config", daemon.configPath];
    const child = Bun.spawn(["sh", "-c", script, "sh", ...command, "status", "-w", "--json"]);
    const lines = (await new Response(child.stdout).text()).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { health: string }).health)).toEqual([
      "healthy",
      "healthy",
    ]);
    expect(await child.exited).toBe(0);
  });

  test("in a pipe without --json it is refused", async () => {
    await using daemon = await start();
    const { code, stdout, stderr } = await runBtu(["status", "--watch"], daemon);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toStartWith("btu: --watch needs a terminal; use --watch --json in a pipe\n");
  });
});
