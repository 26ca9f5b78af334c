import { describe, expect, test } from "bun:test";
import { faultsOf, loadText, SOURCE } from "./load-text.ts";

describe("[[policy]] tables", () => {
  test("are read in their order, each with what it sets", () => {
    const text = `${SOURCE}
[[policy]]
match = "TS-1*"
misfire = "skip"
jitter_secs = 30

[[policy]]
match = "*"
dst_overlap = "both"
`;
    expect(loadText(text).config.policy).toEqual([
      { match: "TS-1*", misfire: "skip", jitter_secs: 30 },
      { match: "*", dst_overlap: "both" },
    ]);
  });

  test("can stand on one line, and in the environment", () => {
    const line = '[{ match = "a", overlap = "skip" }]';
    const wanted = [{ match: "a", overlap: "skip" as const }];
    expect(loadText(`${SOURCE}\npolicy = ${line}`).config.policy).toEqual(wanted);
    const env = { BTU_SCHEDULER_POLICY: line };
    expect(loadText(SOURCE, { env }).config.policy).toEqual(wanted);
  });

  test("are told with every fault at its own line", () => {
    const text = `${SOURCE}
[[policy]]
match = "TS-*"
misfire = "never"
overlapp = "skip"

[[policy]]
jitter_secs = -1
[[policy]]
match = ""
dst_gap = "skip"
[[policy]]
match = "x"
[[policy]]
match = "*"
misfire = "skip"
rq_host = "h"
`;
    expect(faultsOf(() => loadText(text))).toEqual([
      'line 4: [[policy]] 1: misfire "never": expected run_once, skip or run_all',
      'line 5: [[policy]] 1: overlapp: unknown key (did you mean "overlap"?); settings of the whole program stand before the first [[policy]]',
      'line 7: [[policy]] 2: match is missing: write match = "*" for all schedules',
      "line 8: [[policy]] 2: jitter_secs -1: expected an integer 0-86400 (seconds)",
      'line 10: [[policy]] 3: match "": expected a pattern in quotes, in which * stands for any text and ? for a character',
      "line 12: [[policy]] 4: it changes nothing: add one of the settings, or remove it",
      "line 17: [[policy]] 5: rq_host: unknown key; settings of the whole program stand before the first [[policy]]",
    ]);
  });

  test.each([
    [
      "a single table",
      '[policy]\nmatch = "x"',
      'policy {table}: expected tables, each with match = "PATTERN"',
    ],
    [
      "no table at all",
      'policy = "skip"',
      'policy "skip": expected tables, each with match = "PATTERN"',
    ],
    ["something among them that is none", "policy = [1]", "[[policy]] 1: expected a table"],
  ])("are refused when there is %s", (_, text, fault) => {
    expect(faultsOf(() => loadText(`${SOURCE}\n${text}`))).toEqual([
      expect.stringContaining(`line 2: ${fault}`),
    ]);
  });
});
