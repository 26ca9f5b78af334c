/** Large hashes, read in pieces that hold Redis for half a millisecond each. */
import type { Redis } from "ioredis";

/** Fields asked for in one command. */
const PAGE_SIZE = 1_000;

/** The values of these fields; absent ones are left out. */
export async function readFields(
  client: Redis,
  key: string,
  fields: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let start = 0; start < fields.length; start += PAGE_SIZE) {
    const page = fields.slice(start, start + PAGE_SIZE);
    const values = await client.hmget(key, ...page);
    page.forEach((field, index) => {
      const value = values[index] ?? null;
      if (value !== null) found.set(field, value);
    });
  }
  return found;
}

/** All fields with their values, page by page; a field may come twice. */
export async function* scanFields(
  client: Redis,
  key: string,
): AsyncGenerator<Array<[field: string, value: string]>> {
  let cursor = "0";
  do {
    const [next, flat] = await client.hscan(key, cursor, "COUNT", PAGE_SIZE);
    cursor = next;
    yield pairs(flat);
  } while (cursor !== "0");
}

/** Every two values of a flat reply as one pair. */
export function pairs(flat: readonly string[]): Array<[string, string]> {
  const found: Array<[string, string]> = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    found.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  }
  return found;
}
