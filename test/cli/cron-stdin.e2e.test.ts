/** `btu cron --stdin` of the compiled program. */
import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { VECTORS } from "../cron/vectors.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";

const LINES = 2_000;
/** "Well under a second" on a machine with other work to do. */
const LINES_LIMIT_MS = 1_000;

interface Answered {
  readonly id: unknown;
  readonly next?: readonly string[];
  readonly end?: true;
  readonly error?: string;
  readonly message?: string;
}

function question({ id, expr, tz, from, n }: (typeof VECTORS)[number]): string {
  return JSON.stringify({ id, expr, tz, from, n });
}

/** Runs it over these lines to its end. */
function ask(
  lines: readonly string[],
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [executable("btu"), "cron", "--stdin", ...args],
    {
      stdin: Buffer.from(`${lines.join("\n")}\n`),
      env: { ...process.env, ...withoutOwnSettings(env) },
    },
  );
  const answers = stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answered);
  return { answers, stderr: stderr.toString(), exitCode };
}

const EXPECTED = VECTORS.map(({ id, answer: { expect: next, ...rest } }) => ({
  id,
  ...(next === undefined ? {} : { next }),
  ...rest,
}));

function withoutMessages(answers: readonly Answered[]): unknown[] {
  return answers.map(({ id, next, end, error }) =>
    JSON.parse(JSON.stringify({ id, next, end, error })),
  );
}

describe("all vectors", () => {
  test.each(["system", "builtin"])(
    "are answered right with the %s zone data of the variable",
    (choice) => {
      const { answers, stderr, exitCode } = ask(VECTORS.map(question), [], {
        BTU_SCHEDULER_ZONE_DATA: choice,
      });
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(withoutMessages(answers)).toEqual(EXPECTED);
    },
  );

  test.each(["system", "builtin"])("are answered right with --zone-data %s", (choice) => {
    const { answers } = ask(VECTORS.map(question), ["--zone-data", choice]);
    expect(withoutMessages(answers)).toEqual(EXPECTED);
  });

  test("have a message with each error", () => {
    const errors = ask(VECTORS.map(question)).answers.filter(({ error }) => error !== undefined);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter(({ message = "" }) => message === "")).toEqual([]);
  });
});

test(`${LINES} lines take less than ${LINES_LIMIT_MS} ms`, () => {
  const lines = Array.from({ length: LINES }, (_, index) =>
    question(VECTORS[index % VECTORS.length]!),
  );
  const startMs = performance.now();
  const { answers } = ask(lines);
  const tookMs = performance.now() - startMs;
  expect(answers).toHaveLength(LINES);
  expect(tookMs).toBeLessThan(LINES_LIMIT_MS);
});

test("each answer comes while the next question is still unasked", async () => {
  const child = spawn(executable("btu"), ["cron", "--stdin"], {
    env: { ...process.env, ...withoutOwnSettings() },
  });
  for (const id of [1, 2, 3]) {
    child.stdin.write(`${JSON.stringify({ id, expr: "@daily", from: "2026-01-01T00:00:00Z" })}\n`);
    const [bytes] = (await once(child.stdout, "data")) as [Buffer];
    expect(JSON.parse(bytes.toString())).toEqual({ id, next: ["2026-01-02T00:00:00Z"] });
  }
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a reader that goes away ends it quietly", async () => {
  const child = spawn(executable("btu"), ["cron", "--stdin"], {
    env: { ...process.env, ...withoutOwnSettings() },
  });
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  child.stdin.on("error", () => undefined);
  child.stdout.destroy();
  child.stdin.write('{"id":1,"expr":"@daily"}\n');
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(errors).toBe("");
});
