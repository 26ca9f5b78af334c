import { describe, expect, test } from "bun:test";
import { faultsOf, FILE, loadText } from "./load-text.ts";

function fault(text: string): string {
  return faultsOf(() => loadText(text)).join("\n");
}

describe("a syntax error", () => {
  test("tells file, line, column, the sentence and the line itself", () => {
    expect(fault('sql_host = "a"\ndisable_redis_rpc = perhaps\n')).toBe(
      [
        `${FILE}:2:21: Strings must be quoted: "perhaps"`,
        "      2 | disable_redis_rpc = perhaps",
        `${" ".repeat(30)}^`,
      ].join("\n"),
    );
  });

  test.each([
    ['sql_host = "a', "1:12: Unterminated string"],
    ["rq_port = 0660", "1:11: "],
    ["rq_port = 1\nrq_port = 2", "2:1: Cannot redefine key 'rq_port'"],
    ["rq_port =", "1:10: Missing value after '='"],
    ["[redis", "1:"],
    ["name = 'x' 'y'", "1:12: Expected a newline or end of file"],
    ["name = \u0001", "1:8: "],
    [`name = ${"[".repeat(2000)}`, "1:"],
  ])("in %p stands at %p", (text, wanted) => {
    expect(fault(text)).toStartWith(`${FILE}:${wanted}`);
  });

  test("never sends a control character to the terminal", () => {
    expect(fault('name = "\u001B[31m"')).not.toContain("\u001B");
  });

  test("in a line too long to read is told without the line", () => {
    expect(fault(`name = "${"x".repeat(300)}`).split("\n")).toHaveLength(1);
  });

  test.each([
    ["mysql_password = hunter2", "Strings must be quoted", "mysql_password = ***"],
    ['mysql_password = "hunter2', "unfinished string", "mysql_password = ***"],
    ["rq_url = redis://:hunter2@h", "Strings must be quoted", "rq_url = ***"],
    ["email_account_password = hunter2", "Strings must be quoted", "email_account_password = ***"],
    ["mysql_pasword = hunter2", "Strings must be quoted", "***"],
    ["password = hunter2", "Strings must be quoted", "***"],
    ["mysql_password 'hunter2'", "", "***"],
    ["name = 'x' rq_password = 'hunter2'", "", "name = ***"],
    ["webserver_url = https://u:hunter2@h", "", "webserver_url = ***"],
    ['mysql_password = """\nhunter2 \\q\n"""', "", "***"],
    ["webserver_token = token hunter2", "", "webserver_token = ***"],
  ])("in %p shows no secret", (text, sentence, line) => {
    const told = fault(text);
    expect(told).toContain(sentence);
    expect(told).toContain(`| ${line} (not shown: it may hold a secret)`);
    expect(told).not.toContain("hunter2");
  });
});
