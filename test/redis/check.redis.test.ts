import { describe, expect, test } from "bun:test";
import { checkRedis } from "../../src/redis/check.ts";
import type { RedisFinding } from "../../src/redis/check.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { startRedis } from "../support/redis-server.ts";

const keys = makeKeys("btu_scheduler:");

function texts(findings: readonly RedisFinding[], level: RedisFinding["level"]): string {
  return findings
    .filter((finding) => finding.level === level)
    .map(({ text }) => text)
    .join("\n");
}

describe("checkRedis", () => {
  test("finds nothing wrong with a Redis that keeps its writes", async () => {
    await using redis = await startRedis({ aof: true });
    const findings = await checkRedis({ client: await redis.client(), keys, queues: [] });
    expect(findings.map(({ level }) => level)).toEqual(Array(5).fill("ok"));
  });

  test("warns of a Redis that keeps nothing, and of one that throws keys away", async () => {
    await using redis = await startRedis({ config: { "maxmemory-policy": "allkeys-lru" } });
    const findings = await checkRedis({ client: await redis.client(), keys, queues: [] });
    expect(texts(findings, "warning")).toContain("Redis keeps nothing over a restart");
    expect(texts(findings, "error")).toContain("set it to noeviction");
  });

  test("tells a replica", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    await client.replicaof("127.0.0.1", "1");
    expect(
      texts(
        await checkRedis({ client, keys, queues: ["bench:default", "other:default"] }),
        "error",
      ),
    ).toContain("this Redis is a replica");
  });

  test("names what the user of a Frappe bench may not do, and the way out", async () => {
    const acl = ["bench on >secret ~rq:[^q]* ~rq:queues ~rq:queue:bench:* +@all -@admin"];
    await using redis = await startRedis({ acl });
    const client = await redis.client({ username: "bench", password: "secret" });
    const errors = texts(
      await checkRedis({ client, keys, queues: ["bench:default", "other:default"] }),
      "error",
    );
    expect(errors).toContain('may not use the key "btu_scheduler:planned"');
    expect(errors).toContain("rq:btu:");
    expect(errors).toContain('may not use the key "rq:queue:other:default"');
    expect(errors).not.toContain('"rq:queue:bench:default"');
    const moved = await checkRedis({
      client,
      keys: makeKeys("rq:btu:"),
      queues: ["bench:default"],
    });
    expect(texts(moved, "error")).toBe("");
  });
});
