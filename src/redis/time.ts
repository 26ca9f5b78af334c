/** Redis's own clock. */
import type { Redis } from "ioredis";

/** Epoch ms with fractions. */
export async function redisTimeMs(client: Redis): Promise<number> {
  const [seconds, micros] = await client.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}
