/** How much a pickle may ask of the decoder. */
import { DEPTH_MAX } from "./value.ts";

/** Bounds of one decoding. */
export interface DecodeLimits {
  /** Length of the pickle. */
  readonly inputMaxBytes: number;
  /** How many opcodes are carried out. */
  readonly opcodesMax: number;
  /** How many values the pickle may number for use again. */
  readonly memoMax: number;
  /** How deep the value may nest. */
  readonly depthMax: number;
  /** Estimated size of all that is built. */
  readonly memoryMaxBytes: number;
}

/** Far above any job or result that was ever seen; the worst that fits is decoded in a few seconds and half a gigabyte. */
export const DECODE_LIMITS: DecodeLimits = {
  inputMaxBytes: 64 * 1024 * 1024,
  opcodesMax: 5_000_000,
  memoMax: 2_500_000,
  depthMax: DEPTH_MAX,
  memoryMaxBytes: 256 * 1024 * 1024,
};

/** Estimated memory, in bytes, of what a pickle builds, beside its texts and bytes; measured with a million of each. */
export const MEMORY = {
  /** A place on the stack, in a list or tuple. */
  slot: 32,
  /** A place in the memo. */
  memo: 96,
  /** An empty list, tuple, dict or set. */
  container: 192,
  /** A key with its value, or a member of a set. */
  entry: 192,
  /** A class, function or object. */
  object: 384,
} as const;

/** What all keys together may cost to compare: honest ones cost no more than their own length. */
export function keyCostMax(inputBytes: number): number {
  return 100_000 + 16 * inputBytes;
}
