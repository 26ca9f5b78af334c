/** Who may use the socket, tried by real users of real groups. Needs root to make them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { mustRun, runChild } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";

const isRoot = process.getuid?.() === 0;
const NAME = `btu${process.pid}`;
const [GROUP, MEMBER, STRANGER] = [`${NAME}g`, `${NAME}m`, `${NAME}s`];

/** Connects, asks and prints the answer, or why that was not possible. */
const PING = `
import socket, sys
client = socket.socket(socket.AF_UNIX)
try:
    client.connect(sys.argv[1])
    client.send(b'{"request_type": "ping", "request_content": null}')
    print(client.recv(64).decode())
except OSError as error:
    print(type(error).__name__)
`;
/** Tries to connect again and again until told to end, and prints how often that succeeded and what was tried. */
const PRY = `
import errno, os, signal, socket, sys
tries, seen, entered = 0, 0, 0
signal.signal(signal.SIGTERM, lambda *_: (print(tries, seen, entered, flush=True), os._exit(0)))
print("prying", flush=True)
while True:
    client = socket.socket(socket.AF_UNIX)
    result = client.connect_ex(sys.argv[1])
    client.close()
    tries += 1
    seen += result == errno.EACCES
    entered += result == 0
`;

const NO_SCHEDULES = "# none\n";

let redis: RedisServer;
const dirs = new DisposableStack();

beforeAll(async () => {
  redis = await startRedis();
  if (!isRoot) return;
  await mustRun({ command: ["groupadd", GROUP] });
  await mustRun({ command: ["useradd", "--no-create-home", "--groups", GROUP, MEMBER] });
  await mustRun({ command: ["useradd", "--no-create-home", STRANGER] });
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dirs.dispose();
  if (!isRoot) return;
  for (const user of [MEMBER, STRANGER]) await runChild({ command: ["userdel", user] });
  await runChild({ command: ["groupdel", GROUP] });
});

function as(user: string, command: readonly string[]): readonly string[] {
  return ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups", ...command];
}

/** What a stream has brought so far. */
function textOf(stream: ReadableStream<Uint8Array>): { text: string; whole: Promise<void> } {
  const decoder = new TextDecoder();
  const read = async (): Promise<void> => {
    for await (const bytes of stream) printed.text += decoder.decode(bytes, { stream: true });
  };
  const printed = { text: "", whole: Promise.resolve() };
  printed.whole = read();
  return printed;
}

async function pingAs(user: string, { socketPath }: Daemon): Promise<string> {
  const { stdout } = await runChild({
    command: as(user, ["/usr/bin/python3", "-c", PING, socketPath]),
  });
  return stdout.trim();
}

async function start(keys: string): Promise<Daemon> {
  const dir = dirs.use(tempDir());
  writeFileSync(dir.file("s.toml"), NO_SCHEDULES);
  chmodSync(dir.path, 0o755);
  const prefix = crypto.randomUUID();
  const config = `rq_port = ${redis.port}\nschedules_file = "s.toml"\nredis_key_prefix = "${prefix}:"\n${keys}`;
  return startDaemon({ config, dir });
}

describe.skipIf(!isRoot)("the socket, by users that only root can make,", () => {
  test("is the owner's alone unless a group is named", async () => {
    await using daemon = await start("");
    expect(statSync(daemon.socketPath).mode & 0o777).toBe(0o660);
    expect(statSync(daemon.socketPath).gid).toBe(0);
    expect(await pingAs("root", daemon)).toBe("pong");
    expect(await pingAs(MEMBER, daemon)).toBe("PermissionError");
    expect(await pingAs(STRANGER, daemon)).toBe("PermissionError");
  });

  test("lets the members of its group in, and nobody else", async () => {
    await using daemon = await start(`socket_file_group_owner = "${GROUP}"`);
    expect(await pingAs(MEMBER, daemon)).toBe("pong");
    expect(await pingAs(STRANGER, daemon)).toBe("PermissionError");
  });

  test("takes the group by its number, and keeps it out where the mode does", async () => {
    const gid = (await mustRun({ command: ["getent", "group", GROUP] })).split(":")[2] ?? "";
    await using daemon = await start(`socket_file_group_owner = "${gid}"\nsocket_mode = "0600"`);
    expect(statSync(daemon.socketPath).gid).toBe(Number(gid));
    expect(await pingAs(MEMBER, daemon)).toBe("PermissionError");
  });

  test("lets everybody in where the mode says so", async () => {
    await using daemon = await start(`socket_mode = "0777"`);
    expect(await pingAs(STRANGER, daemon)).toBe("pong");
  });

  test("tells in the log which user asked for a change", async () => {
    await using daemon = await start(`socket_file_group_owner = "${GROUP}"`);
    const uid = (await mustRun({ command: ["id", "-u", MEMBER] })).trim();
    const code = PING.replace("ping", "create_task_schedule").replace("null", `"TS-1"`);
    await runChild({ command: as(MEMBER, ["/usr/bin/python3", "-c", code, daemon.socketPath]) });
    const line = await daemon.waitForLog(/told to read a schedule again .*/, { from: 0 });
    expect(line).toContain(`schedule=TS-1 request=create via=socket pid=`);
    expect(line).toContain(`uid=${uid} `);
  });

  test("is not open to others for an instant while it comes up", async () => {
    const dir = dirs.use(tempDir());
    chmodSync(dir.path, 0o755);
    writeFileSync(dir.file("s.toml"), NO_SCHEDULES);
    const path = dir.file("btu.sock");
    const pry = Bun.spawn([...as(STRANGER, ["/usr/bin/python3", "-c", PRY, path])], {
      stdout: "pipe",
    });
    const printed = textOf(pry.stdout);
    await eventually(() => printed.text.includes("prying"), { what: "it pries" });
    const keys = `socket_path = "${path}"\nsocket_file_group_owner = "${GROUP}"`;
    const config = `${keys}\nrq_port = ${redis.port}\nschedules_file = "s.toml"\n`;
    for (let round = 0; round < 10; round += 1) {
      await using daemon = await startDaemon({ config, dir });
      await daemon.stop();
    }
    pry.kill("SIGTERM");
    await pry.exited;
    await printed.whole;
    const [tries = 0, refused = 0, entered = -1] = (printed.text.split("\n")[1] ?? "")
      .split(" ")
      .map(Number);
    expect(tries).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(0);
    expect(entered).toBe(0);
  }, 30_000);
});
