/** What is wrong disables only itself, is named where people look, and stops nothing else. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { startBtuSite } from "../support/btu-site.ts";
import type { SiteName } from "../support/btu-site.ts";
import { runChild } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { startRedis } from "../support/redis-server.ts";
import { agendaOf, ledgerOf, waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Row {
  readonly id: string;
  readonly state: string;
  readonly problem: string | null;
}

async function rowsOf(daemon: Daemon): Promise<Row[]> {
  return JSON.parse(await daemon.request("list", null)) as Row[];
}

async function invalidOf(daemon: Daemon): Promise<Record<string, string>> {
  const invalid = (await rowsOf(daemon)).filter(({ state }) => state === "invalid");
  return Object.fromEntries(invalid.map(({ id, problem }) => [id, problem ?? ""]));
}

/** How often a text stands in another. */
function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

const NO_TASK = "the schedule names no BTU Task";
const YEAR = "field 6 is the year (1970-2099) and '1' is not one; for seconds write all 7 fields";
const MARS = "unknown time zone 'Mars/Olympus_Mons'; use an IANA name such as America/New_York";

/** The fixtures' bad rows. */
const BAD_ROWS: ReadonlyArray<readonly [SiteName, Readonly<Record<string, string>>]> = [
  [
    "v14",
    {
      "TS-000005": NO_TASK,
      "TS-000006": "minute '61' is outside 0-59",
      "TS-000007": YEAR,
      "TS-000014": "the schedule has no cron text",
      "TS-000015": 'the BTU Task "BTU-99999" does not exist',
    },
  ],
  ["v15.2", { "TS-000005": NO_TASK, "TS-000006": MARS, "TS-000012": YEAR }],
  ["v16", { "TS-000005": NO_TASK, "TS-000006": MARS, "TS-000010": YEAR }],
];

describe.each([...BAD_ROWS])("the bad rows of a %s site", (name, wanted) => {
  test("are named, each once, while the good one fires", async () => {
    await using site = await startBtuSite(name, {
      pickledTask: () => Uint8Array.of(0x80, 4, 0x2e),
    });
    const good = name === "v14" ? "TS-000001" : "TS-000003";
    await site.sql(
      `UPDATE \`tabBTU Task Schedule\` SET cron_string = '* * * * * * *' WHERE name = '${good}'`,
    );
    const more = 'site = "erp.example.com"\nfull_refresh_internal_secs = 1';
    await using daemon = await startDaemon({ config: site.config(more) });
    const ledger = await waitForLedger(site.client, 3, daemon);
    expect(new Set(ledger.map(({ schedule }) => schedule))).toEqual(new Set([good]));
    expect(await invalidOf(daemon)).toMatchObject(wanted);
    const status = JSON.parse(await daemon.request("status", null)) as {
      health: string;
      warnings: string[];
    };
    expect(status.health).toBe("healthy");
    const log = daemon.log();
    for (const [id, problem] of Object.entries(wanted)) {
      expect(status.warnings).toContain(`${id} is invalid: ${problem}`);
      expect(countOf(log, `schedule is invalid schedule=${id} `)).toBe(1);
    }
  });
});

/** Good and bad entries in one file; what is wrong with each. */
const ENTRIES: ReadonlyArray<readonly [entry: string, id: string, problem: RegExp | null]> = [
  ['id = "good"\ncron = "* * * * * * *"\nfunction = "reports.run"', "good", null],
  [
    'id = "bad-cron"\ncron = "61 * * * *"\nfunction = "reports.run"',
    "bad-cron",
    /minute '61' is outside 0-59/,
  ],
  [
    'id = "bad-zone"\ncron = "@daily"\ntime_zone = "Mars/Olympus"\nfunction = "reports.run"',
    "bad-zone",
    /unknown time zone/,
  ],
  ['id = "no-cron"\nfunction = "reports.run"', "no-cron", /no cron text/],
  [
    'id = "no-function"\ncron = "@daily"',
    "no-function",
    /function is missing: expected a dotted path/,
  ],
  [
    'id = "undotted"\ncron = "@daily"\nfunction = "run"',
    "undotted",
    /function "run": expected a dotted path/,
  ],
  [
    'id = "typo"\ncron = "@daily"\nfunction = "reports.run"\ntime_zon = "UTC"',
    "typo",
    /unknown key "time_zon" \(did you mean "time_zone"\?\)/,
  ],
  [
    'id = "two|parts"\ncron = "@daily"\nfunction = "reports.run"',
    "two|parts",
    /id "two\|parts": expected letters/,
  ],
  ['cron = "@daily"\nfunction = "reports.run"', "#9", /id is missing/],
  [
    'id = "both"\ncron = "@daily"\nfunction = "reports.run"\nargs = [1]\narguments = "(1,)"',
    "both",
    /give only one of them/,
  ],
  [
    'id = "code"\ncron = "@daily"\nfunction = "reports.run"\narguments = "(open(\'x\'),)"',
    "code",
    /arguments: read Python literal/,
  ],
  [
    'id = "date"\ncron = "@daily"\nfunction = "reports.run"\nargs = [2026-01-01]',
    "date",
    /2026|date/i,
  ],
  [
    'id = "queue"\ncron = "@daily"\nfunction = "reports.run"\nqueue = "two words"',
    "queue",
    /queue "two words"/,
  ],
  [
    'id = "timeout"\ncron = "@daily"\nfunction = "reports.run"\ntimeout_secs = 0',
    "timeout",
    /timeout_secs "0"/,
  ],
  ['id = "good"\ncron = "@daily"\nfunction = "reports.run"', "good", /stands there twice/],
];

describe("the bad entries of a schedules file", () => {
  test("are named with what is wrong, while the good one fires", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    const path = dir.file("schedules.toml");
    writeFileSync(path, ENTRIES.map(([entry]) => `[[schedule]]\n${entry}\n`).join("\n"));
    const config = `rq_port = ${redis.port}\nschedules_file = "${path}"`;
    await using daemon = await startDaemon({ config });
    const client = await redis.client();
    const ledger = await waitForLedger(client, 2, daemon);
    expect(new Set(ledger.map(({ schedule }) => schedule))).toEqual(new Set(["good"]));
    const rows = await rowsOf(daemon);
    for (const [, id, problem] of ENTRIES) {
      if (problem === null) continue;
      const found = rows.filter((row) => row.id === id && row.state === "invalid");
      expect(found.map((row) => row.problem)).toEqual([expect.stringMatching(problem)]);
    }
    expect(rows).toHaveLength(ENTRIES.length);
  });
});

const SECONDLY = '[[schedule]]\nid = "tick"\ncron = "* * * * * * *"\nfunction = "reports.run"\n';

describe("a schedules file that changes", () => {
  test.each([
    {
      name: "schedules.toml",
      good: SECONDLY,
      broken: `${SECONDLY}[[schedule]\n`,
      why: /schedules\.toml.*\b5:/,
    },
    {
      name: "schedules.json",
      good: '[{"id": "tick", "cron": "* * * * * * *", "function": "reports.run"}]',
      broken: '[{"id": "tick", ]',
      why: /schedules\.json.*line 1/,
    },
  ])("keeps the last good version of $name and says why", async ({ name, good, broken, why }) => {
    await using redis = await startRedis();
    using dir = tempDir();
    const path = dir.file(name);
    writeFileSync(path, good);
    const client = await redis.client();
    const config = `rq_port = ${redis.port}\nschedules_file = "${path}"`;
    await using daemon = await startDaemon({ config });
    await waitForLedger(client, 1, daemon);
    writeFileSync(path, broken);
    await daemon.waitForLog(why, { from: 0, timeoutMs: 6_000 });
    const countAtBreak = (await ledgerOf(client)).length;
    await waitForLedger(client, countAtBreak + 2, daemon);
    const status = await daemon.request("status", null);
    expect(status).toMatch(/"health":"degraded"/);
    writeFileSync(path, good.replaceAll("tick", "tock"));
    await daemon.waitForLog(/is back/, { from: 0, timeoutMs: 6_000 });
    const isNew = async (): Promise<boolean> =>
      (await ledgerOf(client)).at(-1)?.["schedule"] === "tock";
    await eventually(isNew, { timeoutMs: 6_000, what: "the new schedule fires" });
    expect((await agendaOf(client)).join()).toStartWith("tock|");
  });

  test("may come after the daemon, go, and come back", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    const path = dir.file("s.toml");
    const config = `rq_port = ${redis.port}\nschedules_file = "${path}"`;
    await using daemon = await startDaemon({ config });
    await daemon.waitForLog(/schedules file .*s\.toml is not available/, { from: 0 });
    const client = await redis.client();
    writeFileSync(path, SECONDLY);
    await waitForLedger(client, 1, daemon);
  });
});

describe("an id that stands in the database and in the file", () => {
  test("is the database's; the file's is named as invalid", async () => {
    await using site = await startBtuSite("v16");
    await site.enableOnly({ "TS-000003": "0 12 * * *" });
    using dir = tempDir();
    const path = dir.file("s.toml");
    writeFileSync(path, SECONDLY.replace("tick", "TS-000003"));
    const more = `site = "erp.example.com"\nschedules_file = "${path}"`;
    await using daemon = await startDaemon({ config: site.config(more) });
    const look = async (): Promise<Row[] | null> => {
      const same = (await rowsOf(daemon)).filter(({ id }) => id === "TS-000003");
      return same.length === 2 ? same : null;
    };
    const rows = await eventually(look, { what: "both rows are listed" });
    expect(rows.map(({ state, problem }) => [state, problem])).toEqual([
      ["active", null],
      ["invalid", 'the id "TS-000003" stands in two sources'],
    ]);
    await realDelay(1_500);
    expect(await ledgerOf(site.client)).toEqual([]);
  });
});

/** Runs the daemon to its end. */
function runDaemon(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = [executable("btu-daemon"), ...args];
  return runChild({ command, env: withoutOwnSettings(env) }, { timeoutMs: 10_000 });
}

describe("a wrong configuration or command line", () => {
  test("ends the daemon with 2 and every fault at once, its secrets not told", async () => {
    using dir = tempDir();
    const path = dir.file("c.toml");
    const lines = [
      'schedules_file = "/tmp/s.toml"',
      "rq_prot = 6379",
      'full_refresh_internal_secs = "often"',
      'rq_password = "planted-secret-1"',
      'rq_url = "redis://:planted-secret-2@127.0.0.1:1/0"',
      'misfire = "sometimes"',
    ];
    writeFileSync(path, lines.join("\n"));
    const { code, stdout, stderr } = await runDaemon(["--config", path]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`invalid configuration in ${path}`);
    for (const part of [
      "rq_prot",
      "rq_port",
      "often",
      "sometimes",
      "run_once",
      "rq_url excludes",
    ]) {
      expect(stderr).toContain(part);
    }
    for (const line of [2, 3, 5, 6])
      expect(stderr).toMatch(new RegExp(`line ${line}\\b|:${line}\\b`));
    expect(stderr).not.toContain("planted-secret");
  });

  test.each([
    [["--cofnig", "x"], /unknown argument "--cofnig" \(did you mean "--config"\?\)/],
    [["--config"], /--config: expected a value after it/],
    [["--log-format", "xml"], /--log-format "xml": expected auto, pretty, plain, json/],
    [
      ["--config", "/no/such/file.toml"],
      /cannot read "\/no\/such\/file\.toml": there is no such file/,
    ],
  ])("ends the daemon with 2 and a way out: %j", async (args, text) => {
    const { code, stderr } = await runDaemon(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });

  test("does not hide what the environment says wrong", async () => {
    const { code, stderr } = await runDaemon([], { BTU_SCHEDULER_RQ_PORT: "many" });
    expect(code).toBe(2);
    expect(stderr).toContain("BTU_SCHEDULER_RQ_PORT");
  });
});
