/** From an entry of a schedules file to a call in a real worker, its arguments as CPython itself has them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { decodePickle } from "../../src/pickle/decode.ts";
import { parseLiteral } from "../../src/pickle/literal.ts";
import { startBeforeDue, startDaemon } from "../support/daemon.ts";
import { plainOf, sortSets } from "../support/plain-value.ts";
import type { PlainValue } from "../support/plain-value.ts";
import { PythonPeer } from "../support/python-peer.ts";
import type { RqVersion } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import { storedJob, waitForLedger } from "../support/rq-keys.ts";
import { runRqBurst } from "../support/rq-worker.ts";
import { tempDir } from "../support/temp-dir.ts";

const VERSIONS: readonly RqVersion[] = ["1.13.0", "1.16.2", "2.10.0"];
const DUE_MS = Date.UTC(2027, 6, 1, 12, 0, 0);
const CRON = "0 0 12 1 7 * 2027";

/** Positional arguments as a Python literal: every type that an entry can hold. */
const LITERALS = {
  "none-and-bools": "(None, True, False)",
  ints: "(0, -1, 255, 256, 65536, 2147483648, -9223372036854775808, 18446744073709551616, -123456789012345678901234567890)",
  floats: "(0.0, -0.0, 1.5, 1e300, 5e-324, -2.5e-10, 0.1)",
  texts: "('', 'plain', 'Überprüfung 日本語 🚀', 'line\\nbreak', \"it's\", '\\x00')",
  bytes: "(b'', b'x', b'\\x00\\xff\\x80', b'\"quoted\"')",
  nested:
    "([1, [2, (3, {'k': (4, [5])})]], {'a': None, 2: b'x', (1, 2): 'tuple key'}, ((),), [], {})",
  sets: "({1}, {1, 'two', (3, 4)}, [{b'x'}])",
  none: "()",
} as const;

const TOML = `
${Object.entries(LITERALS)
  .map(
    ([id, literal]) => `[[schedule]]
id = "${id}"
cron = "${CRON}"
function = "btu_test_tasks.record"
arguments = '''${literal}'''
`,
  )
  .join("\n")}

[[schedule]]
id = "toml-values"
cron = "${CRON}"
function = "btu_test_tasks.record"
queue = "reports"
args = [1, -16, 1.0, "two", true, [1, 2.5, []], { deep = { er = 18446744073709551617 } }]
kwargs = { full = true, "not an identifier" = 1, many = [[], {}] }
timeout_secs = 600
result_ttl_secs = 0
failure_ttl_secs = -1
description = "Values of TOML"
`;
const TOML_VALUES =
  "((1, -16, 1.0, 'two', True, [1, 2.5, []], {'deep': {'er': 18446744073709551617}}), {'full': True, 'not an identifier': 1, 'many': [[], {}]})";

/** Numbers of JSON as Python reads them: only a fraction or an exponent makes a float. */
const JSON_ARGS = `[null, true, 12345678901234567890123, -0, 1.0, 1e3, 0.1, "\\ud83d\\ude80 \\u00fc", [{"a": [1, {"b": []}]}]]`;
const JSON_KWARGS = `{"limit": 5, "region": "US", "nested": {"x": [1.5, null]}}`;
const JSON_FILE = `{"schedule": [{"id": "json-values", "cron": "${CRON}",
  "function": "btu_test_tasks.record", "args": ${JSON_ARGS}, "kwargs": ${JSON_KWARGS}}]}`;

let peer: PythonPeer;
beforeAll(() => {
  peer = new PythonPeer();
});
afterAll(() => peer.stop());

/** What Python makes of an expression, in the common form. */
async function pythonValue(expression: string, setup = ""): Promise<PlainValue> {
  const { pickles } = await peer.evaluate({ setup, expression });
  return sortSets(await peer.loads(Buffer.from(pickles["4"]!, "base64")));
}

/** What Python makes of pickled bytes, in the common form. */
async function unpickled(bytes: Uint8Array): Promise<PlainValue> {
  return sortSets(await peer.loads(bytes));
}

/** Fires everything that stands in a file, and tells the job of each schedule. */
async function fireFile(name: string, text: string, count: number) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(tempDir());
  const redis = stack.use(await startRedis());
  const client = await redis.client();
  writeFileSync(dir.file(name), text);
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file(name)}"`;
  const daemon = stack.use(await startBeforeDue({ config }, DUE_MS));
  const ledger = await waitForLedger(client, count, daemon);
  const jobs = new Map(ledger.map(({ schedule = "", job = "" }) => [schedule, job]));
  const owned = stack.move();
  return {
    redis,
    client,
    ledger,
    jobOf: (id: string) => storedJob(client, jobs.get(id) ?? "no job"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const TOML_COUNT = Object.keys(LITERALS).length + 1;

describe("a TOML file of schedules", () => {
  test("gives workers the very values that Python reads from each literal", async () => {
    await using fired = await fireFile("schedules.toml", TOML, TOML_COUNT);
    for (const [id, literal] of Object.entries(LITERALS)) {
      const { data, fields } = await fired.jobOf(id);
      const call = `("btu_test_tasks.record", None, ${literal}, {})`;
      expect(await unpickled(data)).toEqual(await pythonValue(call));
      expect(fields).toMatchObject({ origin: "default", timeout: "180", result_ttl: "500" });
    }
  });

  test("reads back what CPython pickles of the same values, in every protocol", async () => {
    for (const literal of Object.values(LITERALS)) {
      const { pickles } = await peer.evaluate({ expression: literal });
      const ours = plainOf(parseLiteral(literal));
      for (const bytes of Object.values(pickles)) {
        expect(plainOf(decodePickle(Buffer.from(bytes, "base64")))).toEqual(ours);
      }
    }
  });

  test("keeps the types of TOML, and all that an entry says of its job", async () => {
    await using fired = await fireFile("schedules.toml", TOML, TOML_COUNT);
    const { data, fields } = await fired.jobOf("toml-values");
    const [args, kwargs] = await Promise.all(
      [0, 1].map((at) => pythonValue(`${TOML_VALUES}[${at}]`)),
    );
    const name: PlainValue = ["str", "btu_test_tasks.record"];
    expect(await unpickled(data)).toEqual(["tuple", [name, ["NoneType", null], args, kwargs]]);
    expect(fields).toMatchObject({
      origin: "reports",
      timeout: "600",
      result_ttl: "0",
      failure_ttl: "-1",
    });
  });

  test.each([...VERSIONS])("has its functions called by workers of RQ %s", async (version) => {
    await using fired = await fireFile("schedules.toml", TOML, TOML_COUNT);
    const { calls } = await runRqBurst({
      version,
      redisUrl: fired.redis.url,
      queues: ["default", "reports"],
    });
    const jobs = new Map(fired.ledger.map(({ job, schedule }) => [job, schedule]));
    expect(calls).toHaveLength(TOML_COUNT);
    const wanted = { ...LITERALS, "toml-values": `${TOML_VALUES}[0]` };
    for (const { job_id: id, exact } of calls) {
      const schedule = jobs.get(id ?? "") as keyof typeof wanted;
      const kwargs = schedule === "toml-values" ? `${TOML_VALUES}[1]` : "{}";
      const given = await unpickled(Buffer.from(String(exact), "base64"));
      expect(given).toEqual(await pythonValue(`(${wanted[schedule]}, ${kwargs})`));
    }
  });
});

describe("a JSON file of schedules", () => {
  test("gives workers what Python's own json reads", async () => {
    await using fired = await fireFile("schedules.json", JSON_FILE, 1);
    const { calls } = await runRqBurst({
      version: "2.10.0",
      redisUrl: fired.redis.url,
      queues: ["default"],
    });
    const setup = "import json";
    const texts = [JSON_ARGS, JSON_KWARGS].map((text) => `json.loads(${JSON.stringify(text)})`);
    const wanted = await pythonValue(`(tuple(${texts[0]}), ${texts[1]})`, setup);
    const given = calls.map(({ exact }) => unpickled(Buffer.from(String(exact), "base64")));
    expect(await Promise.all(given)).toEqual([wanted]);
  });
});

describe("a schedule that names a zone and seven fields", () => {
  test("fires every two seconds, on the second, by the machine's own clock", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    writeFileSync(
      dir.file("s.toml"),
      '[[schedule]]\nid = "tick"\ncron = "*/2 * * * * * *"\ntime_zone = "Asia/Kathmandu"\nfunction = "btu_test_tasks.record"\n',
    );
    const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("s.toml")}"`;
    const client = await redis.client();
    await using daemon = await startDaemon({ config });
    const ledger = (await waitForLedger(client, 3, daemon)).slice(0, 3);
    const dues = ledger.map(({ due }) => Number(due));
    expect(dues).toEqual([dues[0]!, dues[0]! + 2, dues[0]! + 4]);
    for (const { due, fired_ms: fired } of ledger) {
      const lateMs = Number(fired) - Number(due) * 1000;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      // Before the next one is due.
      expect(lateMs).toBeLessThan(2_000);
    }
  });
});
