/** The kind of `[[policy]]` tables: rules that name schedules by a pattern and give them settings of their own. */
import { parse } from "smol-toml";
import { suggestion } from "../base/suggest.ts";
import type { Key, ValuesOf } from "./key.ts";
import type { Kind, PartProblem, Reading } from "./kind.ts";
import { showName, showValue } from "./origin.ts";

/** One rule: which schedules, and what holds for them; what it leaves out keeps the value of all schedules. */
export type Rule<Keys> = { readonly match: string } & Partial<ValuesOf<Keys>>;

type RuleKeys = Readonly<Record<string, Key<unknown>>>;

const MATCH = "match";
/** A Frappe name is at most 140 characters. */
const MATCH_LENGTH_MAX = 200;
const EXPECTED =
  'tables, each with match = "PATTERN" and the settings of the schedules whose id matches';

/** The tables of one list, read one after the other. */
class RuleReader<Keys extends RuleKeys> {
  readonly problems: PartProblem[] = [];
  readonly #keys: ReadonlyMap<string, Key<unknown>>;
  readonly #folder: string;

  constructor(keys: Keys, folder: string) {
    this.#keys = new Map(Object.entries(keys));
    this.#folder = folder;
  }

  read(table: unknown, index: number): Partial<Record<string, unknown>> {
    if (typeof table !== "object" || table === null || Array.isArray(table)) {
      this.#fault(index, null, "expected a table");
      return {};
    }
    const values: Partial<Record<string, unknown>> = {};
    for (const [name, value] of Object.entries(table)) this.#readKey(index, name, value, values);
    if (!Object.hasOwn(table, MATCH)) {
      this.#fault(index, null, 'match is missing: write match = "*" for all schedules');
    } else if (Object.keys(table).length === 1) {
      this.#fault(index, null, "it changes nothing: add one of the settings, or remove it");
    }
    return values;
  }

  #readKey(
    index: number,
    name: string,
    value: unknown,
    values: Partial<Record<string, unknown>>,
  ): void {
    const spec = this.#keys.get(name);
    if (name !== MATCH && spec === undefined) return this.#unknown(index, name);
    const reading = spec === undefined ? readMatch(value) : spec.kind.read(value, this.#folder);
    if ("problem" in reading) {
      this.#fault(index, name, `${name} ${showValue(value)}: ${reading.problem}`);
    } else {
      values[name] = reading.value;
    }
  }

  #unknown(index: number, name: string): void {
    const hint = suggestion(name, [MATCH, ...this.#keys.keys()]);
    const wayOut = "settings of the whole program stand before the first [[policy]]";
    this.#fault(index, name, `${showName(name)}: unknown key${hint}; ${wayOut}`);
  }

  #fault(index: number, name: string | null, text: string): void {
    const path = name === null ? String(index) : `${index}.${name}`;
    this.problems.push({ path, problem: `[[policy]] ${index + 1}: ${text}` });
  }
}

function readMatch(value: unknown): Reading<string> {
  return typeof value === "string" && value !== "" && value.length <= MATCH_LENGTH_MAX
    ? { value }
    : {
        problem:
          "expected a pattern in quotes, in which * stands for any text and ? for a character",
      };
}

/** Each value was read by the kind of its key, so the pattern is all that is left to ask for. */
function isRule<Keys>(values: object): values is Rule<Keys> {
  return MATCH in values;
}

/** What TOML gives for a list that stands in a variable of the environment; the text itself when that is no TOML. */
function fromText(text: string): unknown {
  try {
    return parse(`rules = ${text}`, { integersAsBigInt: true })["rules"];
  } catch {
    return text;
  }
}

function formatRule(keys: RuleKeys, rule: object): string {
  const parts = Object.entries(rule).map(([name, value]) => {
    const text = keys[name]?.kind.format(value) ?? JSON.stringify(value);
    return `${name} = ${text}`;
  });
  return `{ ${parts.join(", ")} }`;
}

/** A list of tables that each hold `match` and any of these keys. */
export function ruleList<Keys extends RuleKeys>(keys: Keys): Kind<readonly Rule<Keys>[]> {
  return {
    expected: EXPECTED,
    read: (value, folder) => {
      if (!Array.isArray(value)) return { problem: `expected ${EXPECTED}` };
      const reader = new RuleReader(keys, folder);
      const rules: Rule<Keys>[] = [];
      for (const [index, table] of value.entries()) {
        const values = reader.read(table, index);
        if (isRule<Keys>(values)) rules.push(values);
      }
      const [first] = reader.problems;
      if (first === undefined) return { value: rules };
      return { problem: first.problem, parts: reader.problems };
    },
    fromText,
    format: (rules) => `[${rules.map((rule) => formatRule(keys, rule)).join(", ")}]`,
  };
}
