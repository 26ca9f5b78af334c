import { describe, expect, test } from "bun:test";
import { answerLines, linesOf } from "../../src/cli/cron-lines.ts";
import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { VECTORS } from "../cron/vectors.ts";

const tools = {
  expressions: new ExpressionCache(),
  zones: openZoneData({ choice: "builtin" }),
  nowSeconds: () => Date.parse("2026-01-01T00:00:00Z") / 1000,
};
const defaults = { tz: "UTC", from: null, count: 1, dst: DEFAULT_DST_POLICY };

/** What a line is answered, its message left out. */
function answer(question: unknown): unknown {
  const line = typeof question === "string" ? question : JSON.stringify(question);
  const [text = ""] = answerLines([line], defaults, tools);
  const answered: Record<string, unknown> = JSON.parse(text) as Record<string, unknown>;
  delete answered["message"];
  return answered;
}

function messageOf(question: unknown): string {
  const [text = ""] = answerLines([JSON.stringify(question)], defaults, tools);
  return (JSON.parse(text) as { message: string }).message;
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text, "latin1");
}

describe("a question", () => {
  test("is answered with instants in UTC", () => {
    const question = {
      id: "a",
      expr: "0 9 * * *",
      tz: "Asia/Kolkata",
      from: "2026-01-01T00:00:00Z",
      n: 2,
    };
    const next = ["2026-01-01T03:30:00Z", "2026-01-02T03:30:00Z"];
    expect(answer(question)).toEqual({ id: "a", next });
  });

  test("says that the schedule ends before n", () => {
    const question = { id: 1, expr: "0 0 1 1 * 2027", n: 3 };
    expect(answer(question)).toEqual({ id: 1, next: ["2027-01-01T00:00:00Z"], end: true });
  });

  test("is about the first instant after now in UTC unless it says otherwise", () => {
    expect(answer({ expr: "@daily" })).toEqual({ id: null, next: ["2026-01-02T00:00:00Z"] });
  });

  test("takes the defaults it is given", () => {
    const given = { ...defaults, tz: "Asia/Kolkata", from: "2026-06-01T00:00:00Z", count: 2 };
    const [text = ""] = answerLines(['{"id":1,"expr":"@daily"}'], given, tools);
    const next = ["2026-06-01T18:30:00Z", "2026-06-02T18:30:00Z"];
    expect(JSON.parse(text)).toEqual({ id: 1, next });
  });

  test.each([
    [{ from: "2026-01-02T00:00:00Z" }, "2026-01-03T00:00:00Z"],
    [{ from: "2026-01-02T23:59:59.999Z" }, "2026-01-03T00:00:00Z"],
    [{ from: "2026-01-02T04:00:00+05:00" }, "2026-01-02T00:00:00Z"],
  ])("is about instants strictly after its start: %j", (part, instant) => {
    expect(answer({ id: 1, expr: "@daily", ...part })).toEqual({ id: 1, next: [instant] });
  });

  test.each([
    [{ dst_gap: "skip" }, ["2026-03-09T06:30:00Z"]],
    [{ dst_gap: "run_after" }, ["2026-03-08T07:00:00Z"]],
  ])("can choose what becomes of a skipped time: %j", (part, next) => {
    const question = {
      id: 1,
      expr: "30 2 * * *",
      tz: "America/New_York",
      from: "2026-03-08T00:00:00Z",
    };
    expect(answer({ ...question, ...part })).toEqual({ id: 1, next });
  });

  test.each([
    ["first", "2026-11-01T05:30:00Z"],
    ["last", "2026-11-01T06:30:00Z"],
  ])("can choose the %s showing of a repeated time", (overlap, instant) => {
    const question = { expr: "30 1 * * *", tz: "America/New_York", from: "2026-10-31T12:00:00Z" };
    expect(answer({ ...question, dst_overlap: overlap })).toEqual({ id: null, next: [instant] });
  });

  test.each(VECTORS.map((vector) => [vector.id, vector] as const))(
    "%s of the vectors",
    (id, vector) => {
      const { expr, tz, from, n } = vector;
      const { expect: next, ...rest } = vector.answer;
      expect(answer({ id, expr, tz, from, n })).toEqual({ id, ...(next && { next }), ...rest });
    },
  );
});

describe("a question without an answer", () => {
  test.each([
    ["not json", { id: null, error: "invalid" }],
    ["[1]", { id: null, error: "invalid" }],
    ["null", { id: null, error: "invalid" }],
    [{ id: 1 }, { id: 1, error: "invalid" }],
    [
      { id: 1, expr: 5 },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "0 25 * * *" },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", from: "yesterday" },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", from: 5 },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", n: 0 },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", n: "2" },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", n: 1_000_000 },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", dst_gap: "twice" },
      { id: 1, error: "invalid" },
    ],
    [
      { id: 1, expr: "@daily", tz: "EDT" },
      { id: 1, error: "timezone" },
    ],
    [
      { id: 1, expr: "@daily", tz: 5 },
      { id: 1, error: "timezone" },
    ],
    [
      { id: 1, expr: "0 0 30 2 *" },
      { id: 1, error: "never" },
    ],
    [
      { id: { a: [1] }, expr: "x" },
      { id: { a: [1] }, error: "invalid" },
    ],
  ])("%j is answered %j", (question, answered) => {
    expect(answer(question)).toEqual(answered);
  });

  test.each([
    [{ expr: "0 24 * * *" }, "hour '24' is outside 0-23"],
    [
      { expr: "@daily", tz: "EDT" },
      "unknown time zone 'EDT'; use an IANA name such as America/New_York",
    ],
    [
      { expr: "@daily", from: "x" },
      "the time 'x' is not understood; write it as 2026-03-08T02:00:00Z",
    ],
    [{ expr: "0 0 30 2 *" }, "never runs after 2026-01-01T00:00:00Z (no such date up to 2099)"],
  ])("%j says why", (question, message) => {
    expect(messageOf(question)).toBe(message);
  });

  test("does not keep the others from theirs", () => {
    const lines = ["{", "", '{"id":2,"expr":"@daily"}\r', "  "];
    const ids = [...answerLines(lines, defaults, tools)].map(
      (line) => (JSON.parse(line) as { id: unknown }).id,
    );
    expect(ids).toEqual([null, 2]);
  });

  test("is told apart from one that is too long to be one", () => {
    const [text = ""] = answerLines([`{"expr":"${"1,".repeat(40_000)}"}`], defaults, tools);
    expect(text).toContain("longer than 65536 characters");
  });
});

describe("linesOf", () => {
  test("joins what was torn apart, bytes of one character too", async () => {
    const found: string[][] = [];
    for await (const lines of linesOf(pieces("a\nb", "c\n\n\u00c3", "\u00a9\nlast")))
      found.push(lines);
    expect(found).toEqual([["a"], ["bc", ""], ["é"], ["last"]]);
  });

  test("keeps no more than a little of a line without end", async () => {
    let length = 0;
    for await (const lines of linesOf(
      pieces(...Array.from({ length: 50 }, () => "x".repeat(10_000))),
    )) {
      length += lines.join("").length;
    }
    expect(length).toBe(65_537);
  });
});
