import { describe, expect, test } from "bun:test";
import { boolean, choice, integer, listOf, password, text } from "../../src/config/kind.ts";
import type { Kind } from "../../src/config/kind.ts";
import {
  apiToken,
  fileMode,
  host,
  path,
  queuePrefix,
  redisUrl,
  socketPath,
  webUrl,
  zone,
} from "../../src/config/kind-place.ts";

const port = integer({ min: 1, max: 65_535 });
const colour = choice(["red", "blue"], { rouge: "red" });

function outcome(kind: Kind<unknown>, value: unknown): unknown {
  const reading = kind.read(value, "/etc/btu");
  return "problem" in reading ? reading.problem : [reading.value];
}

describe("a kind takes", () => {
  test.each<[string, Kind<unknown>, unknown, unknown]>([
    ["text", text(), "two words", "two words"],
    ["a password with anything in it", password(), " p\tw\n", " p\tw\n"],
    ["the least integer", port, 1n, 1],
    ["the greatest integer", port, 65_535n, 65_535],
    ["true", boolean(), true, true],
    ["0 for false, as earlier daemons did", boolean(), 0n, false],
    ["a word in any letter case", colour, "BLUE", "blue"],
    ["a synonym", colour, "rouge", "red"],
    ["a list", listOf(port), [1n, 2n], [1, 2]],
    ["a host name", host(), "db-1.example.com", "db-1.example.com"],
    ["an IPv4 address", host(), "10.0.0.1", "10.0.0.1"],
    ["an IPv6 address", host(), "::1", "::1"],
    ["an absolute path", path(), "/run/x.sock", "/run/x.sock"],
    ["a relative path, from the folder", path(), "../x.toml", "/etc/x.toml"],
    ["permissions", fileMode(), "0660", 0o660],
    ["permissions without the zero", fileMode(), "775", 0o775],
    ["permissions as TOML writes octals", fileMode(), "0o660", 0o660],
    ["a zone", zone(), "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
    ["a zone with a sign", zone(), "Etc/GMT+5", "Etc/GMT+5"],
    ["UTC", zone(), "UTC", "UTC"],
    [
      "a URL without its last slash",
      webUrl(),
      "https://erp.example.com/",
      "https://erp.example.com",
    ],
    ["a URL with a path", webUrl(), "http://h:8000/erp", "http://h:8000/erp"],
    ["a Redis URL as it stands", redisUrl(), "rediss://:p%40@h/1", "rediss://:p%40@h/1"],
    ["a token", apiToken(), "abc:def", "abc:def"],
    ["a token with the word that HTTP wants", apiToken(), "token abc:def", "abc:def"],
    ["a token with the word and a colon", apiToken(), "Token: abc:def", "abc:def"],
    ["a key that begins with that word", apiToken(), "tokenabc:def", "tokenabc:def"],
    ["a prefix with its colon", queuePrefix(), "bench:", "bench:"],
    ["a prefix whose colon is missing", queuePrefix(), "frappe-bench", "frappe-bench:"],
    ["a prefix with another separator", queuePrefix(), "prod-", "prod-"],
  ])("%s", (_, kind, value, wanted) => {
    expect(outcome(kind, value)).toEqual([wanted]);
  });
});

describe("a kind refuses", () => {
  test.each<[string, Kind<unknown>, unknown, string]>([
    ["a number as text", text(), 12n, "expected text, in quotes"],
    ["empty text", text(), "", "expected text; leave the line out for the default"],
    ["two lines", text(), "a\nb", "expected text on one line, without control characters"],
    ["a number as password", password(), 12n, "expected text, in quotes"],
    ["a word as integer", port, "abc", "expected an integer 1-65535"],
    ["a quoted integer", port, "80", "expected an integer 1-65535, without quotes"],
    ["a fraction", port, 80, "expected an integer 1-65535"],
    ["zero below the bounds", port, 0n, "expected an integer 1-65535"],
    ["an integer beyond 64 bits", port, 2n ** 80n, "expected an integer 1-65535"],
    [
      "a unit's bound",
      integer({ min: 1, max: 9, unit: "seconds" }),
      10n,
      "expected an integer 1-9 (seconds)",
    ],
    ["2 as boolean", boolean(), 2n, "expected true or false"],
    ["a quoted boolean", boolean(), "yes", "expected true or false, without quotes"],
    ["a misspelt word", colour, "blu", 'expected red or blue (did you mean "blue"?)'],
    ["text as list", listOf(port), "1", "expected a list, each part an integer 1-65535"],
    ["a bad part", listOf(port), [1n, "x"], "part 2: expected an integer 1-65535"],
    ["a host with a port", host(), "db:3306", "expected a host name or IP address, without port"],
    ["a URL as host", host(), "http://db", "expected a host name or IP address, without port"],
    [
      "a socket path that the kernel cuts",
      socketPath(),
      `/${"x".repeat(107)}`,
      "expected a path of at most 107 bytes",
    ],
    ["permissions as a number", fileMode(), 660n, 'expected permissions in quotes, such as "0660"'],
    ["permissions of eight", fileMode(), "0680", 'expected permissions in quotes, such as "0660"'],
    ["an offset as zone", zone(), "UTC+5", "expected an IANA time zone such as America/New_York"],
    [
      "the machine's zone",
      zone(),
      "localtime",
      "expected an IANA time zone such as America/New_York",
    ],
    [
      "a zone outside its folder",
      zone(),
      "../etc/passwd",
      "expected an IANA time zone such as America/New_York",
    ],
    ["a URL of another kind", webUrl(), "ftp://h", "expected a URL like https://erp.example.com"],
    [
      "a URL with credentials",
      webUrl(),
      "http://u:p@h",
      "expected no user and password in it; the token belongs in webserver_token",
    ],
    ["a URL with a query", webUrl(), "http://h/?a=1", "expected nothing after its path"],
    [
      "a token with a line end",
      apiToken(),
      "a:b\r\nHost: x",
      'expected "KEY:SECRET" of an API user, without blanks',
    ],
    ["an empty token", apiToken(), "", 'expected "KEY:SECRET" of an API user, without blanks'],
    ["a prefix with a blank", queuePrefix(), "a b", "expected text without blanks"],
  ])("%s", (_, kind, value, problem) => {
    expect(outcome(kind, value)).toBe(problem);
  });
});

describe("an environment variable is read as", () => {
  test.each<[string, Kind<unknown>, string, unknown]>([
    ["an integer", port, " 80 ", [80]],
    ["true", boolean(), "YES", [true]],
    ["false", boolean(), "0", [false]],
    ["a list", listOf(port), "1, 2", [[1, 2]]],
    ["a word that is no integer", port, "eighty", "expected an integer 1-65535"],
    ["a word that is neither true nor false", boolean(), "maybe", "expected true or false"],
    ["a password of digits", password(), "123", ["123"]],
    ["permissions", fileMode(), "0600", [0o600]],
  ])("%s", (_, kind, written, wanted) => {
    expect(outcome(kind, kind.fromText(written))).toEqual(wanted);
  });
});
