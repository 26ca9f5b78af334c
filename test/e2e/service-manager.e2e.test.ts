/** The compiled daemon and whoever started it: ready, alive, ending. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { startDaemon } from "../support/daemon.ts";
import { startNotifyReceiver } from "../support/notify-receiver.ts";
import { freePort } from "../support/free-port.ts";
import { pythonPath } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const SCHEDULES = `[[schedule]]
id = "yearly"
cron = "0 0 1 1 *"
function = "builtins.print"
`;

let redis: RedisServer;
let dir: TempDir;

beforeAll(async () => {
  redis = await startRedis();
  dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

function config(port = redis.port): string {
  return `schedules_file = "${dir.file("schedules.toml")}"\nrq_port = ${port}`;
}

describe("the service manager", () => {
  test.each([
    ["a path", () => dir.file("notify")],
    ["an abstract name", () => `@btu-test-${process.pid}`],
  ])(
    "is told READY, WATCHDOG, RELOADING and STOPPING on %s by the daemon itself",
    async (_, at) => {
      await using receiver = await startNotifyReceiver(at());
      const env = { NOTIFY_SOCKET: at(), WATCHDOG_USEC: "600000" };
      await using daemon = await startDaemon({ config: config(), env });
      await receiver.waitFor("READY=1");
      await receiver.waitFor("WATCHDOG=1\nSTATUS=1 schedule");
      daemon.child.signal("SIGHUP");
      await receiver.waitFor("RELOADING=1");
      expect(await daemon.stop()).toBe(0);
      await receiver.waitFor("STOPPING=1");
      expect(new Set(receiver.received().map(({ pid }) => pid))).toEqual(
        new Set([daemon.child.pid]),
      );
    },
  );

  test("is told READY and WATCHDOG while Redis is away, with that as the status", async () => {
    await using receiver = await startNotifyReceiver(dir.file("away"));
    const env = { NOTIFY_SOCKET: dir.file("away"), WATCHDOG_USEC: "6000000" };
    await using _ = await startDaemon({ config: config(await freePort()), env });
    await receiver.waitFor("READY=1");
    await receiver.waitFor("WATCHDOG=1\nSTATUS=Redis is not available");
  });

  test("hears nothing more once the control socket is gone", async () => {
    await using receiver = await startNotifyReceiver(dir.file("silent"));
    const env = { NOTIFY_SOCKET: dir.file("silent"), WATCHDOG_USEC: "600000" };
    await using daemon = await startDaemon({ config: config(), env });
    await receiver.waitFor("WATCHDOG=1");
    const from = daemon.log().length;
    rmSync(daemon.socketPath);
    await daemon.waitForLog(/the control socket does not answer/, { from });
    const count = receiver.received().length;
    await daemon.waitForLog(/(the control socket does not answer[^]*){3}/, { from });
    expect(receiver.received().length).toBe(count);
  });

  test("is told through systemd-notify where the runtime has no just-in-time compiler", async () => {
    await using receiver = await startNotifyReceiver(dir.file("program"));
    // The real one needs the real systemd at the other end: it waits until its message was read.
    const program = `#!${pythonPath()}
import os, socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto("\\n".join(sys.argv[1:]).encode(), os.environ["NOTIFY_SOCKET"])
`;
    writeFileSync(dir.file("systemd-notify"), program, { mode: 0o755 });
    const env = {
      NOTIFY_SOCKET: dir.file("program"),
      WATCHDOG_USEC: "6000000",
      BUN_JSC_useJIT: "0",
      PATH: `${dir.path}${delimiter}${process.env["PATH"]}`,
    };
    await using daemon = await startDaemon({ config: config(), env });
    await receiver.waitFor("READY=1");
    expect((await receiver.waitFor("WATCHDOG=1")).pid).not.toBe(daemon.child.pid);
  });

  test("is not needed", async () => {
    await using daemon = await startDaemon({ config: config(), env: { NOTIFY_SOCKET: undefined } });
    expect(daemon.log()).not.toContain("systemd");
  });

  test("is told by exit code 2 not to start again a daemon that finds another source's state", async () => {
    const first = await startDaemon({ config: config() });
    await first.waitForLog(/this daemon leads/, { from: 0 });
    await first.stop();
    await first[Symbol.asyncDispose]();
    const other = `${config()}\nsource_id = "another"`;
    await using second = await startDaemon({ config: other, waitForPing: false });
    expect(await second.child.exited).toBe(2);
    expect(second.log()).toContain("give it another redis_key_prefix");
  });
});
