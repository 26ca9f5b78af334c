import { describe, expect, expectTypeOf, test } from "bun:test";
import { resolve } from "node:path";
import { parse } from "smol-toml";
import { renderDocs, renderExample } from "../../scripts/make-config-docs.ts";
import { RETIRED_KEYS } from "../../src/config/legacy.ts";
import { KEYS, SECTIONS } from "../../src/config/schema.ts";
import type { AnyKey, Config } from "../../src/config/schema.ts";
import { faultsOf, loadText } from "./load-text.ts";

const ROOT = resolve(import.meta.dir, "../..");
const example = await Bun.file(resolve(ROOT, "btu_scheduler.toml.example")).text();
const docs = await Bun.file(resolve(ROOT, "docs/configuration.md")).text();

/** Each setting of the example with whether it is commented out. */
const settings = [...example.matchAll(/^(# )?([a-z_]+) = (.+)$/gm)].map(
  ([, mark, name = "", text = ""]) => ({ name, text, isActive: mark === undefined }),
);

describe("the static type", () => {
  test("has no null where there is a default", () => {
    expectTypeOf<Config["rq_port"]>().toEqualTypeOf<number>();
    expectTypeOf<Config["disable_redis_rpc"]>().toEqualTypeOf<boolean>();
    expectTypeOf<Config["misfire"]>().toEqualTypeOf<"run_once" | "skip" | "run_all">();
  });

  test("has null where there is none", () => {
    expectTypeOf<Config["site"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Config["sql_port"]>().toEqualTypeOf<number | null>();
  });
});

describe("the schema", () => {
  test("has each key in one section, and each name once", () => {
    const names = [...KEYS].flatMap(([name, { aliases = [], secret }]) =>
      [name, ...aliases].flatMap((one) => (secret === true ? [one, `${one}_file`] : [one])),
    );
    expect([...names, ...RETIRED_KEYS.keys()].length).toBe(
      new Set([...names, ...RETIRED_KEYS.keys()]).size,
    );
    expect(SECTIONS.reduce((sum, { keys }) => sum + keys.size, 0)).toBe(KEYS.size);
  });

  const rows = [...KEYS].map(([name, spec]): [string, AnyKey] => [name, spec]);

  test.each(rows)(
    "%s is one sentence, with a default or an example that its own kind takes",
    (_, spec) => {
      expect(spec.about).toMatch(/^[A-Z].*[^.]\.$/);
      const value = spec.default ?? spec.example;
      expect(value).toBeDefined();
      const written: unknown = parse(`x = ${spec.kind.format(value)}`, { integersAsBigInt: true })[
        "x"
      ];
      expect(spec.kind.read(written, "/")).toEqual({ value });
    },
  );

  test.each(rows)("%s says what holds while it is not set, if it can be unset", (_, spec) => {
    expect([spec.default === null, spec.whenUnset !== undefined]).toEqual(
      spec.default === null ? [true, true] : [false, false],
    );
  });
});

describe("btu_scheduler.toml.example", () => {
  test("is what the schema makes of it: run `bun scripts/make-config-docs.ts`", () => {
    expect(example).toBe(renderExample());
  });

  test("states every key exactly once", () => {
    expect(settings.map(({ name }) => name).toSorted()).toEqual(
      [...KEYS.keys()].map(String).toSorted(),
    );
  });

  test("states the default of every key that has one", () => {
    for (const { name, text } of settings) {
      const spec = new Map<string, AnyKey>(KEYS).get(name)!;
      expect([name, text]).toEqual([name, spec.kind.format(spec.default ?? spec.example)]);
    }
  });

  test("comments out all but the starting set", () => {
    const active = settings.filter(({ isActive }) => isActive).map(({ name }) => name);
    expect(active).toEqual([
      "sql_type",
      "sql_host",
      "sql_port",
      "sql_database",
      "sql_user",
      "sql_password",
      "rq_host",
      "rq_port",
      "webserver_ip",
      "webserver_port",
      "webserver_token",
    ]);
  });

  test("loads as it is, without a word", () => {
    expect(loadText(example).warnings).toEqual([]);
  });

  test("loads with every key set, but for those that exclude each other", () => {
    const all = settings
      .filter(
        ({ name }) => !["rq_url", "rq_sentinels", "webserver_url", "sql_socket"].includes(name),
      )
      .map(({ name, text }) => `${name} = ${text}`);
    const sites = "/home/frappe/frappe-bench/sites";
    const files = {
      [`${sites}/common_site_config.json`]: "{}",
      [`${sites}/erp.example.com/site_config.json`]: "{}",
    };
    expect(faultsOf(() => loadText(all.join("\n"), { files }))).toEqual([]);
  });

  test("is easy to read: no line is longer than a screen", () => {
    expect(example.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});

describe("docs/configuration.md", () => {
  test("is what the schema makes of it: run `bun scripts/make-config-docs.ts`", () => {
    expect(docs).toBe(renderDocs());
  });

  test("tells every key, and every key of earlier daemons", () => {
    const aliases = [...KEYS.values()].flatMap((spec) => spec.aliases ?? []);
    const missing = [...KEYS.keys(), ...RETIRED_KEYS.keys(), ...aliases].filter(
      (name) => !docs.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });
});
