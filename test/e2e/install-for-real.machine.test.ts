/** On this very machine, as root: installed, run as the unit says, used by the web server's user, and taken away again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeManuals, makeTree, ownTarget } from "../../scripts/lib/release-tree.ts";
import { mustRun, runChild, startChild } from "../support/child.ts";
import type { Child } from "../support/child.ts";
import { executable } from "../support/executables.ts";
import { eventually } from "../support/eventually.ts";
import { startNotifyReceiver } from "../support/notify-receiver.ts";
import { pythonPath } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { mustInstall } from "../support/release.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const [OLD, NEW] = ["0.9.0", "0.9.1"];
const WEB_USER = "btu-test-web";
const CONFIG_DIR = "/etc/btu_scheduler";
const SOCKET = "/tmp/btu_scheduler.sock";
const UNIT = "/etc/systemd/system/btu_scheduler.service";
const OURS = ["btu", "btu-daemon", "btu_scheduler_daemon"].map((name) => `/usr/local/bin/${name}`);

const isRoot = process.getuid?.() === 0;
/** A machine that has the program, or something by its names, must not be touched. */
const isFree = ![...OURS, CONFIG_DIR, UNIT, "/usr/local/lib/btu_scheduler"].some((path) =>
  existsSync(path),
);

const SCHEDULES = `[[schedule]]
id = "every-second"
cron = "* * * * * * *"
function = "builtins.print"
`;

/** The values of a key of the unit, in their order. */
function unitValues(key: string): string[] {
  const lines = readFileSync(UNIT, "utf8").split("\n");
  return lines
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

async function idOf(flag: "-u" | "-g", name: string): Promise<number> {
  return Number(await mustRun({ command: ["id", flag, name] }));
}

/** Runs the unit's ExecStart as its user, with its environment, beside variables that it takes away. */
async function runAsUnit(dir: TempDir): Promise<Child> {
  const unset = unitValues("UnsetEnvironment").flatMap((value) => value.split(" "));
  const [user = "", group = ""] = [...unitValues("User"), ...unitValues("Group")];
  return startChild({
    command: unitValues("ExecStart")[0]?.split(" ") ?? [],
    cwd: "/",
    env: {
      ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
      BUN_BE_BUN: "1",
      BUN_OPTIONS: `--preload ${dir.file("never.js")}`,
      ...Object.fromEntries(unset.map((name) => [name, undefined])),
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
      NOTIFY_SOCKET: `@btu-install-${process.pid}`,
      WATCHDOG_USEC: "6000000",
    },
    user: { uid: await idOf("-u", user), gid: await idOf("-g", group) },
  });
}

/** Asks the socket as the app's own client does, in the rights of a user. */
async function pingAs(user: string): Promise<{ code: number; text: string }> {
  const command = ["sh", "-c", 'echo \'["ping", null]\' | "$@"', "sh", pythonPath()];
  const script = join(import.meta.dir, "../support/python/app_client_as.py");
  const { code, stdout, stderr } = await runChild({ command: [...command, script, user, SOCKET] });
  return { code, text: stdout + stderr };
}

/** What user database and group file say of our account. */
function accountsNow(): string[] {
  const lines = ["/etc/passwd", "/etc/group"].flatMap((path) =>
    readFileSync(path, "utf8").split("\n"),
  );
  return lines.filter((line) => /\bbtu\b(?!-)/.test(line));
}

async function version(): Promise<string | undefined> {
  return (await mustRun({ command: ["/usr/local/bin/btu", "--version"] })).split(" ")[1];
}

describe.skipIf(!isRoot || !isFree)("on this machine", () => {
  let dir: TempDir;
  let redis: RedisServer;
  let accounts: string[];

  beforeAll(async () => {
    executable("btu");
    dir = tempDir();
    redis = await startRedis();
    await mustRun({ command: ["useradd", "--system", "--no-create-home", WEB_USER] });
    accounts = accountsNow();
    const manuals = makeManuals();
    for (const each of [OLD, NEW]) {
      makeTree({ target: ownTarget(), version: each, manuals, folder: dir.file(each) });
    }
  }, 60_000);
  afterAll(async () => {
    if (existsSync("/usr/local/lib/btu_scheduler")) await mustInstall(["--uninstall"]);
    for (const path of [CONFIG_DIR, SOCKET, `${SOCKET}.lock`]) {
      rmSync(path, { recursive: true, force: true });
    }
    await mustRun({ command: ["userdel", WEB_USER] });
    await redis[Symbol.asyncDispose]();
    dir[Symbol.dispose]();
  });

  test("it installs for root, the group btu and the web server's user", async () => {
    const told = await mustInstall(["--from", dir.file(OLD), "--web-user", WEB_USER]);
    expect(told).toContain("The web server's processes must be started again");
    const group = await idOf("-g", "btu");
    for (const path of OURS) expect(statSync(path)).toMatchObject({ uid: 0, gid: 0 });
    const config = statSync(join(CONFIG_DIR, "btu_scheduler.toml"));
    expect([config.uid, config.gid, config.mode & 0o777]).toEqual([0, group, 0o640]);
    expect(await mustRun({ command: ["id", "-Gn", WEB_USER] })).toMatch(/\bbtu\b/);
  });

  test.skipIf(Bun.which("systemd-analyze") === null)(
    "systemd finds no fault in the unit, and little exposure",
    async () => {
      const verify = await runChild({ command: ["systemd-analyze", "verify", UNIT] });
      expect(verify).toEqual({ code: 0, stdout: "", stderr: "" });
      const command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", UNIT];
      expect((await runChild({ command })).code).toBe(0);
    },
  );

  test("the daemon runs as the unit says, and the web server's user reaches its socket", async () => {
    const config = `rq_port = ${redis.port}\nschedules_file = "${CONFIG_DIR}/schedules.toml"\n`;
    writeFileSync(join(CONFIG_DIR, "btu_scheduler.toml"), config);
    writeFileSync(join(CONFIG_DIR, "schedules.toml"), SCHEDULES);
    writeFileSync(dir.file("never.js"), "console.log('somebody else runs');");
    await using receiver = await startNotifyReceiver(`@btu-install-${process.pid}`);
    await using daemon = await runAsUnit(dir);
    await receiver.waitFor("READY=1").catch((cause: unknown) => {
      throw new Error(`the daemon did not become ready:\n${daemon.output()}`, { cause });
    });
    const client = await redis.client();
    await eventually(() => client.llen("rq:queue:default"), { what: "a job is queued" });
    expect((await pingAs(WEB_USER)).text).toContain('"reply": "pong"');
    expect((await pingAs("nobody")).text).toContain("PermissionError");
    expect(await daemon.end("SIGTERM")).toBe(0);
    expect(daemon.output()).not.toContain("somebody else runs");
    expect(existsSync(SOCKET)).toBe(false);
  });

  test("a configuration with a fault ends the unit's daemon with 2, which systemd does not repeat", async () => {
    const path = join(CONFIG_DIR, "btu_scheduler.toml");
    const good = readFileSync(path, "utf8");
    writeFileSync(path, "rq_prot = 1\n");
    const daemon = await runAsUnit(dir);
    expect(await daemon.exited).toBe(Number(unitValues("RestartPreventExitStatus")[0]));
    const reload = unitValues("ExecReload")[0]?.split(" ") ?? [];
    expect((await runChild({ command: reload })).code).toBe(2);
    writeFileSync(path, good);
    expect((await runChild({ command: reload })).code).toBe(0);
  });

  test("it upgrades and goes back, the configuration untouched", async () => {
    const config = readFileSync(join(CONFIG_DIR, "btu_scheduler.toml"), "utf8");
    await mustInstall(["--from", dir.file(NEW)]);
    expect(await version()).toBe(NEW);
    await mustInstall(["--rollback"]);
    expect(await version()).toBe(OLD);
    expect(readFileSync(join(CONFIG_DIR, "btu_scheduler.toml"), "utf8")).toBe(config);
  });

  test("it uninstalls: nothing is left but the configuration, which belongs to root again", async () => {
    mkdirSync("/var/log/btu_scheduler", { recursive: true });
    const told = await mustInstall(["--uninstall"]);
    expect(told).toBe(`The configuration stays in ${CONFIG_DIR}.\nBTU Scheduler is removed.\n`);
    const left = [
      ...OURS,
      UNIT,
      "/usr/local/lib/btu_scheduler",
      "/usr/local/share/doc/btu_scheduler",
    ];
    expect(left.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync("/var/log/btu_scheduler")).toBe(false);
    expect(accountsNow()).toEqual(accounts);
    expect(statSync(join(CONFIG_DIR, "btu_scheduler.toml")).gid).toBe(0);
  });
});
