import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { resolve } from "node:path";
import { ConfigurationError } from "../../src/base/errors.ts";
import { meaningOf } from "../../src/config/names.ts";
import { formatOrigin } from "../../src/config/origin.ts";
import { KEYS } from "../../src/config/schema.ts";
import type { ConfigKey } from "../../src/config/schema.ts";
import { faultsOf, FILE, loadText, SOURCE } from "./load-text.ts";
import type { TextOptions } from "./load-text.ts";

function faults(text: string, options: TextOptions = {}): readonly string[] {
  return faultsOf(() => loadText(text, options));
}

function originOf(key: ConfigKey, text: string, options: TextOptions = {}): string {
  return formatOrigin(loadText(text, options).origins.get(key)!);
}

describe("where a value comes from", () => {
  test("the default counts when nobody says anything", () => {
    const { config } = loadText(SOURCE);
    expect(config).toMatchObject({ rq_port: 11_000, full_refresh_internal_secs: 90, site: null });
    expect(originOf("rq_port", SOURCE)).toBe("default");
  });

  test("the file counts before the default, and its line is known", () => {
    const text = `${SOURCE}\n\nrq_port = 7000`;
    expect(loadText(text).config.rq_port).toBe(7000);
    expect(originOf("rq_port", text)).toBe(`${FILE}:3`);
  });

  test("the environment counts before the file", () => {
    const options = { env: { BTU_SCHEDULER_RQ_PORT: "7001" } };
    expect(loadText(`${SOURCE}\nrq_port = 7000`, options).config.rq_port).toBe(7001);
    expect(originOf("rq_port", SOURCE, options)).toBe("BTU_SCHEDULER_RQ_PORT");
  });

  test("an alias in the environment counts before the key in the file", () => {
    const env = { BTU_SCHEDULER_MYSQL_HOST: "b" };
    const text = 'sql_host = "a"\nsql_database = "d"\nsql_user = "u"';
    expect(loadText(text, { env }).config.sql_host).toBe("b");
  });

  test("an empty variable counts as absent", () => {
    const env = { BTU_SCHEDULER_RQ_PORT: "", BTU_SCHEDULER_SITE: "" };
    expect(loadText(`${SOURCE}\nsite = "a.b"`, { env }).config).toMatchObject({
      rq_port: 11_000,
      site: "a.b",
    });
  });

  test("empty text in the file means not set, where a key can be", () => {
    expect(loadText(`${SOURCE}\njobs_site_prefix = ""\nrq_password = ""`).config).toMatchObject({
      queue_prefix: null,
      rq_password: null,
    });
  });

  test("every key can be given by its variable", () => {
    for (const [key, { kind, default: value, example }] of KEYS) {
      const wanted = value ?? example;
      const written = kind.format(wanted);
      // A list of plain values is written without its brackets there.
      const isTables = Array.isArray(wanted) && typeof wanted[0] === "object";
      const bare = isTables ? written : written.replaceAll(/^\[|"|\]$/g, "");
      const text = typeof wanted === "string" ? wanted : bare;
      const reading = kind.read(kind.fromText(text), ".");
      expect([key, reading]).toEqual([key, { value: wanted }]);
    }
  });

  test("letter case of a key does not count in the file", () => {
    expect(loadText(`${SOURCE}\nLOG_LEVEL = "DEBUG"`).config.log_level).toBe("debug");
  });

  test("relative paths start at the file's folder, in the environment at the process's", () => {
    expect(loadText('schedules_file = "x/s.toml"').config.schedules_file).toBe("/srv/btu/x/s.toml");
    const env = { BTU_SCHEDULER_SCHEDULES_FILE: "x/s.toml" };
    expect(loadText("", { env }).config.schedules_file).toBe(resolve("x/s.toml"));
  });
});

describe("secret files", () => {
  const files = {
    "/run/pw": "hunter2\n",
    "/srv/btu/pw": "rel\r\n",
    "/run/two": "a\nb\n\n",
    "/run/no": "\n",
  };

  test.each([
    ['rq_password_file = "/run/pw"', "hunter2"],
    ['rq_password_file = "pw"', "rel"],
    ['rq_password_file = "/run/two"', "a\nb\n"],
  ])("%s gives the file's text without its last line end", (line, secret) => {
    expect(loadText(`${SOURCE}\n${line}`, { files }).config.rq_password).toBe(secret);
  });

  test("aliases and variables have them too", () => {
    const text = 'mysql_password_file = "/run/pw"\nmysql_user = "u"\nmysql_database = "d"';
    const env = { BTU_SCHEDULER_WEBSERVER_TOKEN_FILE: "/run/pw" };
    const { config } = loadText(text, { files, env });
    expect([config.sql_password, config.webserver_token]).toEqual(["hunter2", "hunter2"]);
  });

  test("the origin names the file", () => {
    const text = `${SOURCE}\nrq_password_file = "/run/pw"`;
    expect(originOf("rq_password", text, { files })).toBe(`/run/pw, named by ${FILE}:2`);
  });

  test.each([
    [
      '"/run/none"',
      "line 2: rq_password_file: cannot read \"/run/none\": ENOENT: no such file or directory, open '/run/none'",
    ],
    ['"/run/no"', 'line 2: rq_password_file: cannot read "/run/no": the file is empty'],
    ["7", "line 2: rq_password_file: expected the path of a file, in quotes"],
  ])("%s is a fault", (path, fault) => {
    expect(faults(`${SOURCE}\nrq_password_file = ${path}`, { files })).toEqual([fault]);
  });

  test("the key beside its file is a fault", () => {
    const text = `${SOURCE}\nrq_password = "x"\nrq_password_file = "/run/pw"`;
    expect(faults(text, { files })).toEqual([
      "line 3: rq_password_file contradicts rq_password: both mean rq_password; keep one",
    ]);
  });

  test("keys that are no secret have none", () => {
    expect(faults(`${SOURCE}\nrq_host_file = "/run/pw"`, { files })).toEqual([
      expect.stringContaining("line 2: rq_host_file: unknown key"),
    ]);
  });
});

describe("faults", () => {
  test("all are told together, in the order of the file", () => {
    const text = [
      "rq_prot = 1",
      'rq_port = "abc"',
      "full_refresh_internal_secs = 0",
      'sql_type = "oracle"',
      'mysql_host = "a"',
      'sql_host = "b"',
      "sql_password = 12345678",
      "[redis]",
      'host = "x"',
    ].join("\n");
    const env = { BTU_SCHEDULER_LOG_LEVEL: "loud" };
    expect(faults(text, { env })).toEqual([
      'line 1: rq_prot: unknown key (did you mean "rq_port"?); correct the name or remove the line',
      'line 2: rq_port "abc": expected an integer 1-65535',
      "line 3: full_refresh_internal_secs 0: expected an integer 1-604800 (seconds)",
      'line 4: sql_type "oracle": expected mariadb or postgres',
      "line 6: sql_host contradicts mysql_host: both mean sql_host; keep one",
      "line 7: sql_password: expected text, in quotes",
      "line 8: redis: unknown key; each key stands at the start of a line, under no section header",
      'BTU_SCHEDULER_LOG_LEVEL "loud": expected error, warn, info, debug or trace',
      "sql_database is missing: schedules are to be read from SQL because another sql_ key is given",
      "sql_user is missing: schedules are to be read from SQL because another sql_ key is given",
    ]);
  });

  test("the message names the file and lists every fault", () => {
    expect(() => loadText("rq_port = 0\nrq_db = -1")).toThrow(
      new ConfigurationError(FILE, faults("rq_port = 0\nrq_db = -1")),
    );
    expect(faults("rq_port = 0\nrq_db = -1")).toHaveLength(3);
  });

  test("two names of one key may stand side by side with the same value", () => {
    const text = 'sql_host = "a"\nmysql_host = "a"\nsql_user = "u"\nmysql_database = "d"';
    expect(loadText(text).config.sql_host).toBe("a");
  });

  test.each([
    ["redis_host", 'unknown key (did you mean "rq_host"?)'],
    ["db_password", 'unknown key (did you mean "sql_password"?)'],
    ["mysql_pasword", 'unknown key (did you mean "mysql_password"?)'],
    ["colour_of_the_bike_shed", "unknown key; correct the name"],
    ['"a\\nb"', '"a\\nb": unknown key'],
    ["__proto__", "unknown key"],
    ["constructor", "unknown key"],
  ])("the unknown key %s is told without its value", (name, text) => {
    const [fault = ""] = faults(`${SOURCE}\n${name} = "hunter2"`);
    expect(fault).toContain(text);
    expect(fault).not.toContain("hunter2");
  });

  test("a value of several lines is not shown: it may have swallowed others", () => {
    const text = 'name = """\nmysql_password = "hunter2"\n"""';
    expect(faults(`${SOURCE}\n${text}`)).toEqual([
      "line 2: name (several lines): expected text on one line, without control characters",
    ]);
  });

  test("a long value is cut", () => {
    const [fault = ""] = faults(`${SOURCE}\nsql_type = "${"x".repeat(500)}"`);
    expect(fault.length).toBeLessThan(200);
  });

  test("a zone that the zone data lack is a fault", () => {
    const text = `${SOURCE}\ntime_zone_string = "Mars/Olympus"`;
    expect(faults(text, { unknownZone: () => ' (did you mean "Mars/Base"?)' })).toEqual([
      'line 2: time_zone_string "Mars/Olympus": unknown time zone; use an IANA name such as America/New_York (did you mean "Mars/Base"?)',
    ]);
    expect(faults(text, { unknownZone: () => null })).toEqual([]);
    expect(loadText(text).config.time_zone_string).toBe("Mars/Olympus");
  });
});

describe("warnings", () => {
  test("an unknown variable of ours is a warning, for platforms make some up", () => {
    const env = { BTU_SCHEDULER_RQ_PROT: "1", BTU_SCHEDULER_PORT: "tcp://10.0.0.1", OTHER: "x" };
    expect(loadText(SOURCE, { env }).warnings).toEqual([
      'BTU_SCHEDULER_RQ_PROT is no known variable (did you mean "BTU_SCHEDULER_RQ_PORT"?) and has no effect',
      expect.stringContaining("BTU_SCHEDULER_PORT is no known variable"),
    ]);
  });

  test("the variable that names the file is no key", () => {
    expect(loadText(SOURCE, { env: { BTU_SCHEDULER_CONFIG: "/x" } }).warnings).toEqual([]);
  });
});

const NAMES = [...KEYS.keys(), "mysql_host", "tracing_level", "email_on_level", "nonsense"];
const anyValue = fc.oneof(
  fc.integer().map(String),
  fc.boolean().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toFixed(3)),
  fc.string().map((value) => JSON.stringify(value).replaceAll("\u007F", "")),
  fc.constantFrom(
    '"1"',
    '"mariadb"',
    '"0660"',
    '"/x"',
    "[1, 2]",
    "{ a = 1 }",
    "2026-01-01",
    "07:00:00",
  ),
);

describe("any file of known and unknown keys", () => {
  const lines = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), anyValue), {
    // Two names of one key share one fault.
    selector: ([name]) => JSON.stringify(meaningOf(name) ?? name),
    maxLength: 8,
  });

  test("loads, or is refused with a fault for each key that was not taken", () => {
    fc.assert(
      fc.property(lines, (entries) => {
        const text = entries.map(([name, value]) => `${name} = ${value}`).join("\n");
        const found = faults(`${text}\n`);
        const alone = entries.map(([name, value]) => faults(`${SOURCE}\n${name} = ${value}`));
        for (const [index, [name]] of entries.entries()) {
          const faulty = alone[index]!.some(
            (fault) => fault.startsWith("line 2: ") && /: expected|unknown/.test(fault),
          );
          // Of a list of tables each table is told.
          const starts = [name, `[[${name}]]`].map((key) => `line ${index + 1}: ${key}`);
          const told = found.some((fault) => starts.some((start) => fault.startsWith(start)));
          expect([name, told || !faulty]).toEqual([name, true]);
        }
      }),
    );
  });
});
