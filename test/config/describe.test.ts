import { describe, expect, test } from "bun:test";
import { describeConfig } from "../../src/config/describe.ts";
import type { DescribedKey } from "../../src/config/describe.ts";
import { KEYS } from "../../src/config/schema.ts";
import type { ConfigKey } from "../../src/config/schema.ts";
import { FILE, loadText, SOURCE } from "./load-text.ts";

const { config, origins } = loadText(
  `${SOURCE}\nrq_url = "redis://me:hunter2@h:7000/1"\nsocket_mode = "0600"\nsql_user = "u"\nsql_database = "d"`,
  {
    env: { BTU_SCHEDULER_SQL_PASSWORD_FILE: "/pw", BTU_SCHEDULER_RQ_URL: "" },
    files: { "/pw": "hunter2\n" },
  },
);
const all = describeConfig(config, origins);

type Told = Pick<DescribedKey, "value" | "text" | "when_unset" | "origin">;

describe("describeConfig", () => {
  test.each<[string, ConfigKey, Told]>([
    ["a default", "rq_port", { value: 11_000, text: "11000", when_unset: null, origin: "default" }],
    [
      "a key that is not set",
      "log_file",
      { value: null, text: null, when_unset: "standard error", origin: "default" },
    ],
    [
      "a value of the file",
      "sql_user",
      { value: "u", text: '"u"', when_unset: null, origin: `${FILE}:4` },
    ],
    [
      "a value in a form of its own",
      "socket_mode",
      { value: "0600", text: '"0600"', when_unset: null, origin: `${FILE}:3` },
    ],
    [
      "a URL without its credentials",
      "rq_url",
      {
        value: "redis://***@h:7000/1",
        text: '"redis://***@h:7000/1"',
        when_unset: null,
        origin: `${FILE}:2`,
      },
    ],
    [
      "a secret that is set",
      "sql_password",
      {
        value: "***",
        text: "***",
        when_unset: null,
        origin: "/pw, named by BTU_SCHEDULER_SQL_PASSWORD_FILE",
      },
    ],
    [
      "a secret that is not set",
      "rq_password",
      { value: null, text: null, when_unset: "no password", origin: "default" },
    ],
  ])("tells %s", (_, key, told) => {
    expect(all.find((one) => one.key === key)).toMatchObject(told);
  });

  test("tells every key once, in the order of the documentation, as JSON too", () => {
    expect(all.map(({ key }) => key)).toEqual([...KEYS.keys()]);
    const parsed: unknown = JSON.parse(JSON.stringify(all));
    expect(parsed).toEqual([...all]);
    expect(JSON.stringify(all)).not.toContain("hunter2");
  });
});
