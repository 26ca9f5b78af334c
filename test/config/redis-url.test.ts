import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { blotUrl, parseRedisUrl } from "../../src/config/redis-url.ts";
import type { RedisAddress } from "../../src/config/redis-url.ts";

function address(url: string): RedisAddress | string {
  const reading = parseRedisUrl(url);
  return "problem" in reading ? reading.problem : reading.value;
}

describe("parseRedisUrl", () => {
  test.each<[string, RedisAddress]>([
    ["redis://h", { host: "h", port: 6379, db: 0 }],
    ["redis://127.0.0.1:11000", { host: "127.0.0.1", port: 11_000, db: 0 }],
    ["REDIS://h:1/", { host: "h", port: 1, db: 0 }],
    ["redis://[::1]:7000/3", { host: "::1", port: 7000, db: 3 }],
    ["redis://:p%40ss@h/2", { host: "h", port: 6379, db: 2, password: "p@ss" }],
    ["redis://:p@ss@h", { host: "h", port: 6379, db: 0, password: "p@ss" }],
    ["redis://me:a:b@h?db=4", { host: "h", port: 6379, db: 4, username: "me", password: "a:b" }],
    ["redis://me@h", { host: "h", port: 6379, db: 0, username: "me" }],
    ["rediss://h", { host: "h", port: 6379, db: 0, tls: {} }],
    ["unix:///run/redis.sock", { path: "/run/redis.sock", db: 0 }],
    [
      "unix://me:pw@/run/r.sock?db=5",
      { path: "/run/r.sock", db: 5, username: "me", password: "pw" },
    ],
  ])("reads %p", (url, wanted) => {
    expect(address(url)).toEqual(wanted);
  });

  test.each([
    ["http://h", "expected a URL like redis://"],
    ["h:6379", "expected a URL like redis://"],
    ["redis://", "expected a host name"],
    ["redis://h:0", "expected a host name"],
    ["redis://h:65536", "expected a host name"],
    ["redis://:p/w@h", "in a password / ? # % must be percent-encoded"],
    ["redis://:p%zz@h", "a percent sign in it must be written %25"],
    ["redis://h/x", "the database must be a number"],
    ["redis://h/9999999999", "the database must be a number"],
    ["redis://h?ssl_cert_reqs=none", "the only option after ? is db"],
    ["unix://run/redis.sock", "a Unix socket is written unix:///"],
    ["unix:///", "a Unix socket is written unix:///"],
  ])("refuses %p", (url, problem) => {
    expect(address(url)).toContain(problem);
  });

  test("gives back every password that was percent-encoded", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (secret) => {
        expect(address(`redis://:${encodeURIComponent(secret)}@h:1/0`)).toEqual({
          host: "h",
          port: 1,
          db: 0,
          password: secret,
        });
      }),
    );
  });
});

describe("blotUrl", () => {
  test.each([
    ["redis://:pw@h/0", "redis://***@h/0"],
    ["redis://:p@w/x@h", "redis://***@h"],
    ["redis://h", "redis://h"],
    ["no url", "no url"],
  ])("turns %p into %p", (url, shown) => {
    expect(blotUrl(url)).toBe(shown);
  });
});
