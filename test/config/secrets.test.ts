import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { makeRedact } from "../../src/base/redact.ts";
import { describeConfig, secretsOf } from "../../src/config/describe.ts";
import { faultsOf, loadText, SOURCE } from "./load-text.ts";

/** Every three characters of a secret below betray it; nothing else in the file holds this. */
const TRACE = /Zq\d/;

const LINES = [
  'name = "x"',
  'mysql_password = "Zq1Zq2Zq3Zq4"',
  'sql_host = "db.example.com"',
  'sql_database = "d"',
  'sql_user = "u"',
  "rq_url = 'redis://:Zq1Zq2Zq3Zq4@redis.example.com:7000/1'",
  "full_refresh_internal_secs = 90",
  'webserver_token = "token abc:Zq1Zq2Zq3Zq4"',
  'slack_webhook_url = "https://hooks.example.com/Zq1Zq2Zq3Zq4"',
  'email_account_password = """',
  'Zq1Zq2Zq3Zq4"""',
  "socket_mode = '0660'",
];

/** Everything that leaves the module for a file: faults, warnings and the description. */
function allOutput(text: string, env: Record<string, string> = {}): string {
  let output = "";
  const faults = faultsOf(() => {
    const { config, warnings, origins } = loadText(text, { env });
    output = JSON.stringify([warnings, describeConfig(config, origins)]);
  });
  return output + faults.join("\n");
}

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 2 }),
  insert: fc.constantFrom(
    "",
    "",
    '"',
    "'",
    "=",
    "\n",
    "#",
    "[",
    "]",
    "x",
    " ",
    "\\",
    "\u0001",
    "1",
  ),
});

function apply(text: string, { at, remove, insert }: Edit): string {
  const index = Math.floor(at * text.length);
  return text.slice(0, index) + insert + text.slice(index + remove);
}

describe("no secret is told", () => {
  test("by a file that is sound", () => {
    const text = LINES.join("\n");
    expect(faultsOf(() => loadText(text))).toEqual([]);
    expect(allOutput(text)).not.toMatch(TRACE);
  });

  test("by a file with slips of the pen", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(LINES, { minLength: 4 }),
        fc.array(edit, { maxLength: 2 }),
        (lines, edits) => {
          const text = edits.reduce(apply, lines.join("\n"));
          expect(allOutput(text)).not.toMatch(TRACE);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("by values of the wrong kind, wherever they stand", () => {
    const keys = ["sql_password", "rq_password", "rq_url", "webserver_token"];
    const values = [
      "Zq1\nZq2",
      "http://Zq1",
      "redis://:Zq1/Zq2@h",
      "token Zq1 Zq2",
      "redis://h/Zq1",
    ];
    const outputs = keys.flatMap((key) =>
      values.flatMap((value) => [
        allOutput(`${SOURCE}\n${key} = ${JSON.stringify(value)}`),
        allOutput(`${SOURCE}\n${key} = [${JSON.stringify(value)}]`),
        allOutput(SOURCE, { [`BTU_SCHEDULER_${key.toUpperCase()}`]: value }),
        allOutput(SOURCE, { [`BTU_SCHEDULER_${key.toUpperCase()}S`]: value }),
      ]),
    );
    expect(outputs.filter((output) => TRACE.test(output))).toEqual([]);
  });

  test("by a URL that stands where a host belongs", () => {
    const text = `${SOURCE}\nrq_host = "redis://:Zq1/Zq2@h"\nwebserver_url = "http://u:Zq1@h"`;
    expect(allOutput(text)).toContain('rq_host "redis://***@h": expected a host name');
    expect(allOutput(text)).not.toMatch(TRACE);
  });
});

describe("secretsOf", () => {
  test("names every secret, and the parts that could stand alone", () => {
    const { config } = loadText(
      `${SOURCE}\nsql_user = "u"\nsql_database = "d"\nsql_password = "one1"\nrq_url = "redis://me:tw%40o@h"\nwebserver_token = "token key:four"`,
    );
    expect(secretsOf(config).toSorted()).toEqual(
      ["one1", "redis://me:tw%40o@h", "tw@o", "tw%40o", "key:four", "four"].toSorted(),
    );
  });

  test("has the password of Redis", () => {
    expect(secretsOf(loadText(`${SOURCE}\nrq_password = "three"`).config)).toEqual(["three"]);
  });

  test("is empty without secrets", () => {
    expect(secretsOf(loadText(`${SOURCE}\nrq_url = "redis://h"`).config)).toEqual([]);
    expect(secretsOf(loadText(SOURCE).config)).toEqual([]);
  });

  test("blots out what a client makes of it", () => {
    const { config } = loadText(`${SOURCE}\nrq_url = "redis://:tw%40o@h"`);
    expect(makeRedact(secretsOf(config))("AUTH tw@o tw%40o redis://:tw%40o@h")).toBe(
      "AUTH *** *** ***",
    );
  });
});
