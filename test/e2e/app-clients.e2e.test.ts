/** The app of each generation tells the daemon of a change with its own client, before it commits. */
import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { startBtuSite } from "../support/btu-site.ts";
import type { BtuSite, SiteName } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { pythonEnv, pythonPath } from "../support/python.ts";
import { agendaOf } from "../support/rq-keys.ts";

const CLIENTS = resolve(import.meta.dir, "../support/python");
const [MORNING, EVENING] = ["0 9 * * *", "0 18 * * *"];
/** 2027-03-01 00:00 in Los Angeles. */
const WALL_MS = Date.UTC(2027, 2, 1, 8);
const MORNING_DUE = WALL_MS / 1000 + 9 * 3600;
const EVENING_DUE = WALL_MS / 1000 + 18 * 3600;

type Wish = readonly [type: string, content: string | null];

interface Way {
  readonly script: string;
  readonly address: (site: BtuSite, daemon: Daemon) => string;
  /** What the client must be told, word for word. */
  readonly answer: (wish: Wish) => string;
}

const OLD_ANSWERS: Readonly<Record<string, (id: string) => string>> = {
  ping: () => "pong",
  create_task_schedule: (id) => `BTU Scheduler now re-processing Task Schedule ${id} in Python RQ.`,
  cancel_task_schedule: (id) => `Successfully cancelled BTU Task Schedule ${id} in Python RQ.`,
};

/** Up to 15.1.0 the app writes to the socket; it reads once, half a second later, 2048 bytes at most. */
const SOCKET: Way = {
  script: "app_client.py",
  address: (_site, { socketPath }) => socketPath,
  answer: ([type, content]) => OLD_ANSWERS[type]?.(content ?? "") ?? "",
};

/** From 15.1.1 on it pushes to a list and waits for a receipt. */
const REDIS: Way = {
  script: "redis_app_client.py",
  address: ({ redis }) => redis.url,
  answer: ([type]) =>
    `{"status": "ok", "request_type": "${type}", "message": "Command received by BTU Scheduler."}`,
};

async function askAsApp(
  { script }: Way,
  address: string,
  wishes: readonly Wish[],
): Promise<Array<string | null>> {
  const child = Bun.spawn([pythonPath(), resolve(CLIENTS, script), address], {
    stdin: Buffer.from(wishes.map((wish) => `${JSON.stringify(wish)}\n`).join("")),
    stderr: "inherit",
    env: { ...process.env, ...pythonEnv("2.10.0") },
  });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  const lines = text.trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { reply: string | null }).reply);
}

const GENERATIONS: ReadonlyArray<readonly [SiteName, string, Way]> = [
  ["v14", "the socket", SOCKET],
  ["v15.2", "the socket", SOCKET],
  ["v15.2", "Redis", REDIS],
  ["v16", "Redis", REDIS],
];

describe.each([...GENERATIONS])("the app of %s over %s", (name, _channel, way) => {
  test("is answered as it expects, and the agenda follows the row", async () => {
    await using site = await startBtuSite(name);
    const id = name === "v15.2" ? "TS-000001" : "TS-1";
    const becomes = async (due: number | null): Promise<void> => {
      const wanted = due === null ? [] : [`${id}|${due}`];
      const look = async (): Promise<boolean> =>
        (await agendaOf(site.client)).join() === wanted.join();
      await eventually(look, { what: `the agenda holds ${wanted.join(", ") || "nothing"}` });
    };
    await site.sql(
      "UPDATE `tabSingles` SET value = 'America/Los_Angeles' WHERE field IN ('time_zone', 'cron_time_zone')",
    );
    const hasZone = name !== "v14";
    const zone = hasZone ? ", cron_timezone = 'America/Los_Angeles'" : "";
    const frequency = name === "v16" ? "" : ", run_frequency = 'Cron Style'";
    await site.sql(`UPDATE \`tabBTU Task Schedule\` SET enabled = 0${zone}${frequency}`);
    await site.enableOnly({ [id]: MORNING });
    await using daemon = await startDaemon({ config: site.config(), wallMs: WALL_MS });
    await becomes(MORNING_DUE);

    const save: Wish[] = [
      ["ping", null],
      ["cancel_task_schedule", id],
      ["create_task_schedule", id],
    ];
    await site.enableOnly({ [id]: EVENING });
    const address = way.address(site, daemon);
    expect(await askAsApp(way, address, save)).toEqual(save.map((wish) => way.answer(wish)));
    await becomes(EVENING_DUE);

    await site.enableOnly({});
    const disable: Wish[] = [["cancel_task_schedule", id]];
    expect(await askAsApp(way, address, disable)).toEqual(disable.map((wish) => way.answer(wish)));
    await becomes(null);
    expect(daemon.log()).toMatch(
      way === SOCKET
        ? /request=cancel via=socket pid=\d+ uid=\d+/
        : /read schedules again via=redis/,
    );
  }, 60_000);
});
