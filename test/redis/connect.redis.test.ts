/** Connections as sites have them: TLS, Sentinels with a password of their own, a user with access lists. */
import { describe, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { redisTarget } from "../../src/config/targets.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connect.ts";
import { faultsOf, loadText, SOURCE } from "../config/load-text.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { startSentinel } from "../support/sentinel.ts";
import { tempDir } from "../support/temp-dir.ts";

/** Connects as the daemon would with these lines of its configuration. */
function connect(...lines: readonly string[]): RedisConnection & Disposable {
  const { config } = loadText([SOURCE, ...lines].join("\n"));
  const target = redisTarget(config);
  const redis = connectRedis({ target, clock: systemClock, log: silentLog, name: "test" });
  return Object.assign(redis, { [Symbol.dispose]: () => redis.close() });
}

/** Waits for the connection, and tells the port of the server that answers. */
async function serverPort(redis: RedisConnection): Promise<number> {
  await eventually(() => redis.isReady, { what: `a connection (${redis.problem})` });
  return Number(/tcp_port:(\d+)/.exec(await redis.client.info("server"))?.[1]);
}

/** Waits until the connection tells why there is none. */
function refusal(redis: RedisConnection): Promise<string> {
  const why = (): string | null => (redis.problem === "not connected yet" ? null : redis.problem);
  return eventually(why, { what: "a reason" });
}

function tlsOf({ tls }: RedisServer): NonNullable<RedisServer["tls"]> {
  if (tls === null) throw new Error("this server speaks no TLS");
  return tls;
}

describe("rediss://", () => {
  test.each(["localhost", "127.0.0.1"])(
    "connects to %s, a name of the certificate that the authority of rq_tls_ca signed",
    async (host) => {
      await using server = await startRedis({ tls: true });
      const { port, certificates } = tlsOf(server);
      const ca = `rq_tls_ca = "${certificates.caPath}"`;
      using redis = connect(`rq_url = "rediss://${host}:${port}/0"`, ca);
      expect(await serverPort(redis)).toBe(server.port);
    },
  );

  test("refuses a certificate of another name, and says so", async () => {
    await using server = await startRedis({ tls: true, names: ["DNS:redis.example.com"] });
    const { port, certificates } = tlsOf(server);
    const ca = `rq_tls_ca = "${certificates.caPath}"`;
    using redis = connect(`rq_url = "rediss://localhost:${port}/0"`, ca);
    expect(await refusal(redis)).toMatch(/altnames.*Name the server as its certificate does/);
    expect(redis.isReady).toBeFalse();
  });

  test("refuses a certificate of an authority that nobody named", async () => {
    await using server = await startRedis({ tls: true });
    using redis = connect(`rq_url = "rediss://localhost:${tlsOf(server).port}/0"`);
    expect(await refusal(redis)).toContain("Let rq_tls_ca name a file");
  });

  test("refuses a certificate that another authority signed", async () => {
    await using server = await startRedis({ tls: true });
    using dir = tempDir();
    const { caPath } = await makeCertificates(dir.path);
    const url = `rq_url = "rediss://localhost:${tlsOf(server).port}/0"`;
    using redis = connect(url, `rq_tls_ca = "${caPath}"`);
    expect(await refusal(redis)).toContain("Let rq_tls_ca name a file");
  });

  test("without a file that can be read at rq_tls_ca is a fault of the configuration", () => {
    const ca = 'rq_tls_ca = "/nowhere/ca.pem"';
    expect(faultsOf(() => connect('rq_url = "rediss://localhost:1/0"', ca))).toEqual([
      "rq_tls_ca \"/nowhere/ca.pem\": cannot read it: ENOENT: no such file or directory, open '/nowhere/ca.pem'",
    ]);
  });

  test("refuses a server that speaks no TLS", async () => {
    await using server = await startRedis();
    using redis = connect(`rq_url = "rediss://localhost:${server.port}/0"`);
    await refusal(redis);
    expect(redis.isReady).toBeFalse();
  });
});

describe("Sentinels", () => {
  test("with a password of their own name the master, which has another one", async () => {
    await using server = await startRedis({ config: { requirepass: "of-redis" } });
    const options = {
      masterPort: server.port,
      masterPassword: "of-redis",
      password: "of-sentinel",
    };
    await using sentinel = await startSentinel({ ...options, name: "rq-master" });
    const sentinels = `rq_sentinels = ["127.0.0.1:${sentinel.port}"]`;
    const master = 'rq_sentinel_master = "rq-master"\nrq_password = "of-redis"';
    using right = connect(sentinels, master, 'rq_sentinel_password = "of-sentinel"');
    expect(await serverPort(right)).toBe(server.port);
    using without = connect(sentinels, master);
    expect(await refusal(without)).toMatch(/NOAUTH.*Check rq_sentinel_password$/);
    expect(without.isReady).toBeFalse();
  });

  test("are asked in turn: one that is away does not matter", async () => {
    await using server = await startRedis();
    await using sentinel = await startSentinel({ masterPort: server.port });
    await using gone = await startSentinel({ masterPort: server.port });
    await gone.server.kill();
    using redis = connect(
      `rq_sentinels = ["127.0.0.1:${gone.port}", "127.0.0.1:${sentinel.port}"]`,
    );
    expect(await serverPort(redis)).toBe(server.port);
  });

  test("that do not know the name of the master say so", async () => {
    await using server = await startRedis();
    await using sentinel = await startSentinel({ masterPort: server.port });
    const sentinels = `rq_sentinels = ["127.0.0.1:${sentinel.port}"]`;
    using redis = connect(sentinels, 'rq_sentinel_master = "other"');
    expect(await refusal(redis)).toMatch(/No such master.*Check rq_sentinel_master$/);
  });
});
