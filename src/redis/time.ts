/** Redis's own clock. */
import type { Redis } from "ioredis";

/** Epoch ms with fractions. */
export async function redisTimeMs(client: Redis): Promise<number> {
  const [seconds, micros] = await client.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

/** For how many seconds it has been up; null where its user may not ask. */
export async function redisUptimeSeconds(client: Redis): Promise<number | null> {
  const info = await client.info("server").catch(() => "");
  const found = /^uptime_in_seconds:(\d+)/m.exec(info);
  return found === null ? null : Number(found[1]);
}
