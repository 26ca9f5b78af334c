/** Small sets of small numbers as the bits of one 32-bit integer: bit n set means that n is in the set. */

/** How many numbers are in the set. */
export function countBits(bits: number): number {
  let pairs = bits - ((bits >>> 1) & 0x5555_5555);
  pairs = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** The smallest number of the set, -1 when it is empty. */
export function lowestBit(bits: number): number {
  return bits === 0 ? -1 : 31 - Math.clz32(bits & -bits);
}

/** The largest number of the set, -1 when it is empty. */
export function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

/** The set of all numbers from 0 to `count - 1`; `count` is 0 to 32. */
export function bitsBelow(count: number): number {
  return count >= 32 ? -1 : ((1 << count) - 1) | 0;
}

/** The part of the set that is `from` or above; `from` is 0 to 32. */
export function bitsFrom(bits: number, from: number): number {
  return bits & ~bitsBelow(from);
}

/** The set that holds these numbers. */
export function bitsOf(values: Iterable<number>): number {
  let bits = 0;
  for (const value of values) bits |= 1 << value;
  return bits;
}

/** The numbers of the set, smallest first. */
export function numbersOf(bits: number): number[] {
  const numbers: number[] = [];
  for (let rest = bits; rest !== 0; rest &= rest - 1) numbers.push(lowestBit(rest));
  return numbers;
}
