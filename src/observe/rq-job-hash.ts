/** The hash of an RQ job, as far as it was read. */

/** Field to bytes. */
export type JobHash = ReadonlyMap<string, Buffer>;

/** From the reply to HMGET of these fields. */
export function hashOf(fields: readonly string[], reply: unknown): JobHash {
  const values: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const entries = fields.flatMap((field, index): Array<[string, Buffer]> => {
    const value = values[index];
    return value instanceof Buffer ? [[field, value]] : [];
  });
  return new Map(entries);
}

/** A field as text; null where it is missing or empty. */
export function textOf(hash: JobHash, field: string): string | null {
  const value = hash.get(field)?.toString("utf8") ?? "";
  return value === "" ? null : value;
}

/** A field that holds a whole number; null where it is missing or holds something else. */
export function numberOf(hash: JobHash, field: string): number | null {
  const text = textOf(hash, field);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** A field that holds RQ's form of an instant, as ISO text; null where it is missing or holds something else. */
export function timeOf(hash: JobHash, field: string): string | null {
  const ms = Date.parse(textOf(hash, field) ?? "");
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
