import { describe, expect, test } from "bun:test";
import { Redis } from "ioredis";
import { startRedis } from "./redis-server.ts";

describe("startRedis", () => {
  test("gives a Redis that answers on its port and on its socket", async () => {
    await using redis = await startRedis();
    const overPort = await redis.client();
    const overSocket = await redis.client({ path: redis.socketPath });
    await overPort.set("key", "value");
    expect(await overSocket.get("key")).toBe("value");
  });

  test("keeps acknowledged writes over a crash with aof", async () => {
    await using redis = await startRedis({ aof: true });
    await (await redis.client()).set("key", "value");
    await redis.process.restart();
    expect(await (await redis.client()).get("key")).toBe("value");
  });

  test("forgets everything over a crash without aof", async () => {
    await using redis = await startRedis();
    await (await redis.client()).set("key", "value");
    await redis.process.restart();
    expect(await (await redis.client()).get("key")).toBeNull();
  });

  test("answers nothing while it is paused", async () => {
    await using redis = await startRedis();
    const client = await redis.client({ commandTimeout: 200, maxRetriesPerRequest: 0 });
    redis.process.pause();
    expect(client.ping()).rejects.toThrow("Command timed out");
    redis.process.resume();
    expect(await client.ping()).toBe("PONG");
  });

  test("knows the users it was given", async () => {
    await using redis = await startRedis({ acl: ["btu on >secret ~rq:* +@all"] });
    const client = await redis.client({ username: "btu", password: "secret" });
    expect(await client.set("rq:x", "1")).toBe("OK");
    expect(client.set("other", "1")).rejects.toThrow("NOPERM");
  });

  test("speaks TLS with a certificate that its authority signed", async () => {
    await using redis = await startRedis({ tls: true });
    const { port, certificates } = redis.tls!;
    const client = await redis.client({ host: "localhost", port, tls: { ca: certificates.ca } });
    expect(await client.ping()).toBe("PONG");
  });

  test("is gone when its block ends", async () => {
    let url = "";
    {
      await using redis = await startRedis();
      url = redis.url;
    }
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    expect(client.connect()).rejects.toThrow();
  });
});
