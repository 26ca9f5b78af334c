import { describe, expect, test } from "bun:test";
import { redisTarget, sqlTarget, webserverTarget } from "../../src/config/targets.ts";
import type { WebserverTarget } from "../../src/config/targets.ts";
import { loadText, SOURCE } from "./load-text.ts";

const SQL = 'sql_database = "d"\nsql_user = "u"';

function tlsOf(more: string): unknown {
  return sqlTarget(loadText(`${SQL}\nsql_tls = true\nsql_host = "h"\n${more}`).config)?.tls;
}

describe("sqlTarget", () => {
  test.each([
    ["mariadb", 3306],
    ["postgres", 5432],
  ])("gives %s its usual port", (type, port) => {
    expect(sqlTarget(loadText(`${SQL}\nsql_type = "${type}"`).config)).toMatchObject({ port });
  });

  test("settles every part", () => {
    const text = `${SQL}\nsql_type = "mysql"\nsql_port = 1\nsql_password = "p"\nsql_socket = "/s"`;
    expect(sqlTarget(loadText(text).config)).toEqual({
      type: "mariadb",
      host: "127.0.0.1",
      port: 1,
      socket: "/s",
      database: "d",
      user: "u",
      password: "p",
      schema: "public",
      tls: null,
    });
  });

  test("names what must stand in the server's certificate", () => {
    expect(tlsOf("")).toEqual({ caPath: null, serverName: "h", own: null });
    const own = 'sql_tls_cert = "/c"\nsql_tls_key = "/k"';
    expect(tlsOf(`sql_tls_ca = "ca.pem"\nsql_tls_server_name = "db.b"\n${own}`)).toEqual({
      caPath: "/srv/btu/ca.pem",
      serverName: "db.b",
      own: { certPath: "/c", keyPath: "/k" },
    });
  });

  test("is null where only the web server can be reached", () => {
    const text = `${SQL}\nconnectivity_mode = "webserver"\nwebserver_token = "k:s"`;
    expect(sqlTarget(loadText(text).config)).toBeNull();
  });

  test("is null without SQL", () => {
    expect(sqlTarget(loadText(SOURCE).config)).toBeNull();
  });
});

describe("redisTarget", () => {
  test.each([
    ["", { host: "127.0.0.1", port: 11_000, db: 0 }],
    [
      'rq_host = "h"\nrq_port = 1\nrq_db = 2\nrq_username = "u"\nrq_password = "p"',
      { host: "h", port: 1, db: 2, username: "u", password: "p" },
    ],
    [
      'rq_url = "rediss://u:p@h/3"',
      { host: "h", port: 6379, db: 3, username: "u", password: "p", tls: {} },
    ],
    ['rq_url = "unix:///r.sock"', { path: "/r.sock", db: 0 }],
  ])("settles %p", (text, target) => {
    expect(redisTarget(loadText(`${SOURCE}\n${text}`).config)).toEqual({ ...target, caPath: null });
  });

  test("asks Sentinels where they are given", () => {
    const text = 'rq_sentinels = ["10.0.0.1:26379", "[::1]:26380"]\nrq_sentinel_password = "s"';
    expect(redisTarget(loadText(`${SOURCE}\n${text}`).config)).toEqual({
      sentinels: [
        { host: "10.0.0.1", port: 26_379 },
        { host: "::1", port: 26_380 },
      ],
      master: "mymaster",
      sentinelPassword: "s",
      db: 0,
      caPath: null,
    });
  });
});

describe("webserverTarget", () => {
  test.each<[string, WebserverTarget]>([
    ["", { url: "http://127.0.0.1:8000", token: "k:s", hostHeader: null }],
    [
      'webserver_ip = "erp.example.com"\nwebserver_port = 443',
      { url: "https://erp.example.com", token: "k:s", hostHeader: null },
    ],
    [
      'webserver_ip = "::1"\nwebserver_host_header = "a.b"',
      { url: "http://[::1]:8000", token: "k:s", hostHeader: "a.b" },
    ],
    [
      'webserver_url = "https://h:8443/"',
      { url: "https://h:8443", token: "k:s", hostHeader: null },
    ],
  ])("settles %p", (text, target) => {
    expect(webserverTarget(loadText(`${SOURCE}\nwebserver_token = "k:s"\n${text}`).config)).toEqual(
      target,
    );
  });

  test("is null without a token", () => {
    expect(webserverTarget(loadText(`${SOURCE}\nwebserver_ip = "h"`).config)).toBeNull();
  });
});
