import { describe, expect, test } from "bun:test";
import { assert, constantFrom, property, string } from "fast-check";
import { policies } from "../../src/schedule/policy.ts";
import { matchesWildcard } from "../../src/schedule/wildcard.ts";
import { loadText, SOURCE } from "../config/load-text.ts";

const policyOf = (text: string) => policies(loadText(`${SOURCE}\n${text}`).config);

describe("the policy of a schedule", () => {
  test("is that of the configuration where no rule matches", () => {
    const policyFor = policyOf(
      'misfire = "skip"\nmisfire_grace_secs = 60\nmax_catchup = 3\noverlap = "skip"\njitter_secs = 9\ndst_gap = "skip"\ndst_overlap = "last"',
    );
    expect(policyFor("any")).toEqual({
      misfire: "skip",
      misfireGraceSeconds: 60,
      maxCatchup: 3,
      overlap: "skip",
      jitterSeconds: 9,
      dst: { gap: "skip", overlap: "last" },
    });
    expect(policyFor("any")).toBe(policyFor("other"));
  });

  const RULES = `
misfire = "skip"
[[policy]]
match = "TS-1"
overlap = "skip"
[[policy]]
match = "TS-1*"
jitter_secs = 30
dst_gap = "skip"
[[policy]]
match = "TS-*"
overlap = "skip"
[[policy]]
match = "*"
misfire = "skip"
`;

  test("is that of the first rule that matches, and of all schedules in the rest", () => {
    const policyFor = policyOf(RULES);
    expect(policyFor("TS-1")).toMatchObject({ misfire: "skip", overlap: "skip", jitterSeconds: 0 });
    expect(policyFor("TS-10")).toMatchObject({
      misfire: "skip",
      overlap: null,
      jitterSeconds: 30,
      dst: { gap: "skip", overlap: "first" },
    });
    expect(policyFor("ts-1")).toMatchObject({ overlap: null, jitterSeconds: 0 });
  });

  test("is one object wherever it is the same", () => {
    const policyFor = policyOf(RULES);
    expect(policyFor("TS-1")).toBe(policyFor("TS-2"));
    expect(policyFor("x")).toBe(policyFor("y"));
    expect(policyFor("TS-10")).not.toBe(policyFor("TS-2"));
  });
});

describe("matchesWildcard", () => {
  test.each([
    ["TS-*", "TS-000001", true],
    ["TS-*", "TS-", true],
    ["TS-*", "XTS-1", false],
    ["*report*", "nightly-report-2", true],
    ["TS-00000?", "TS-000001", true],
    ["TS-00000?", "TS-00000", false],
    ["?", "🚀", true],
    ["", "", true],
    ["", "a", false],
    ["**", "", true],
    ["a.b+(c)[d]", "a.b+(c)[d]", true],
    ["a.b", "axb", false],
    ["ts-*", "TS-1", false],
  ])("%p on %p: %p", (pattern, text, wanted) => {
    expect(matchesWildcard(pattern, text)).toBe(wanted);
  });

  test("agrees with a regular expression", () => {
    const letters = string({ unit: constantFrom("a", "b", "*", "?"), maxLength: 8 });
    const words = string({ unit: constantFrom("a", "b"), maxLength: 10 });
    assert(
      property(letters, words, (pattern, text) => {
        const expression = `^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`;
        expect(matchesWildcard(pattern, text)).toBe(new RegExp(expression).test(text));
      }),
    );
  });

  test("takes its time for no pattern", () => {
    const startMs = performance.now();
    expect(matchesWildcard(`${"*a".repeat(90)}b`, "a".repeat(200))).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(200);
  });
});
