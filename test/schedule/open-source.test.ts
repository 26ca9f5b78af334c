import { describe, expect, test } from "bun:test";
import { openSources } from "../../src/schedule/open-source.ts";
import { loadText } from "../config/load-text.ts";
import { CLOCK, ZONES } from "./read-source.ts";

const SQL = 'sql_database = "_site"\nsql_user = "reader"\nsql_password = "hunter2"';
const TOKEN = 'webserver_token = "k:hunter3"';

function namesOf(text: string): string[] {
  const { config } = loadText(text);
  return openSources({ config, clock: CLOCK, zones: ZONES }).map(({ name }) => name);
}

describe("the sources of a configuration are", () => {
  test.each([
    ["a file", 'schedules_file = "/s.toml"', ["schedules file /s.toml"]],
    ["MariaDB", SQL, ["MariaDB 127.0.0.1:3306/_site"]],
    ["MariaDB behind a socket", `${SQL}\nsql_socket = "/s.sock"`, ["MariaDB /s.sock/_site"]],
    ["PostgreSQL", `${SQL}\nsql_type = "postgres"\nsql_host = "db"`, ["PostgreSQL db:5432/_site"]],
    [
      "PostgreSQL with a schema",
      `${SQL}\nsql_type = "postgres"\nsql_schema = "site1"`,
      ["PostgreSQL 127.0.0.1:5432/_site schema site1"],
    ],
    [
      "the web server alone",
      `${SQL}\n${TOKEN}\nconnectivity_mode = "webserver"`,
      ["web server http://127.0.0.1:8000"],
    ],
    [
      "the site before a file",
      `${SQL}\nschedules_file = "/s.toml"`,
      ["MariaDB 127.0.0.1:3306/_site", "schedules file /s.toml"],
    ],
  ])("%s", (_, text, names) => {
    expect(namesOf(text)).toEqual(names);
    expect(names.join(" ")).not.toContain("hunter");
  });
});
