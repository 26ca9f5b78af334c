/** Work in batches, the next of which is made ready while the last one is awaited. */

/**
 * Gives all items to `work`, as many at a time as `size` then says, two batches at once at most.
 *
 * @throws what `work` throws, when both have ended.
 */
export async function pipelined<T>(
  items: readonly T[],
  size: () => number,
  work: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  let before = Promise.resolve();
  for (let start = 0; start < items.length;) {
    const batch = items.slice(start, start + size());
    start += batch.length;
    const current = work(batch);
    try {
      await before;
    } catch (error) {
      await Promise.allSettled([current]);
      throw error;
    }
    before = current;
  }
  await before;
}
