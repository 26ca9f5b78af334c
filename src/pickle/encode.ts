/** Python values to pickle bytes: protocol 4, which every Python since 3.4 reads; no frames, no memo. */
import { ByteWriter } from "./byte-writer.ts";
import { OP } from "./opcodes.ts";
import { DEPTH_MAX, PyDict, PySet, PyTuple, typeName } from "./value.ts";
import type { PickleValue } from "./value.ts";

const PROTOCOL = 4;

/** As CPython: readers keep one batch on their stack, not a whole list. */
const BATCH_SIZE = 1_000;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/**
 * Pickle bytes of a value, protocol 4, readable by Python 3.4 and later.
 *
 * @throws TypeError for a class, function or object of Python's; RangeError when it nests too deeply (as what contains
 * itself does) or needs more than 512 MiB.
 */
export function encodePickle(value: PickleValue): Uint8Array {
  const out = new ByteWriter();
  out.bytePair(OP.PROTO, PROTOCOL);
  write(out, value, 0);
  out.byte(OP.STOP);
  return out.finish();
}

function write(out: ByteWriter, value: PickleValue, depth: number): void {
  if (typeof value === "string") return writeText(out, value);
  if (typeof value === "bigint") return writeInt(out, value);
  if (typeof value === "number") return writeFloat(out, value);
  if (typeof value === "boolean") return out.byte(value ? OP.NEWTRUE : OP.NEWFALSE);
  if (value === null) return out.byte(OP.NONE);
  writeObject(out, value, depth);
}

function writeText(out: ByteWriter, text: string): void {
  if (out.shortAscii(OP.SHORT_BINUNICODE, text)) return;
  const length = Buffer.byteLength(text, "utf8");
  if (length <= 0xff) {
    out.bytePair(OP.SHORT_BINUNICODE, length);
  } else {
    out.byte(OP.BINUNICODE);
    out.uint32(length);
  }
  out.utf8(text, length);
}

function writeFloat(out: ByteWriter, value: number): void {
  out.byte(OP.BINFLOAT);
  out.float64BigEndian(value);
}

function writeInt(out: ByteWriter, value: bigint): void {
  const number = Number(value);
  if (number < INT32_MIN || number > INT32_MAX) return writeLong(out, value);
  if (number >= 0 && number <= 0xff) return out.bytePair(OP.BININT1, number);
  if (number >= 0 && number <= 0xffff) {
    out.byte(OP.BININT2);
    return out.uint16(number);
  }
  out.byte(OP.BININT);
  out.int32(number);
}

function writeLong(out: ByteWriter, value: bigint): void {
  const bytes = twosComplement(value);
  if (bytes.length <= 0xff) {
    out.bytePair(OP.LONG1, bytes.length);
  } else {
    out.byte(OP.LONG4);
    out.int32(bytes.length);
  }
  out.bytes(bytes);
}

/** The fewest bytes that hold the value and its sign, little-endian. */
function twosComplement(value: bigint): Uint8Array {
  const negative = value < 0n;
  const hex = (negative ? ~value : value).toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  // The highest bit is the sign.
  const bytes = Buffer.from(even >= "8" ? `00${even}` : even, "hex").toReversed();
  return negative ? bytes.map((byte) => ~byte) : bytes;
}

function writeObject(
  out: ByteWriter,
  value: Exclude<PickleValue, null | boolean | bigint | number | string>,
  depth: number,
): void {
  if (depth >= DEPTH_MAX) {
    throw new RangeError(
      `encode pickle: the value nests deeper than ${DEPTH_MAX} levels, or contains itself`,
    );
  }
  if (Array.isArray(value)) return writeList(out, value, depth + 1);
  if (value instanceof PyDict) return writeDict(out, value, depth + 1);
  if (value instanceof PyTuple) return writeTuple(out, value.items, depth + 1);
  if (value instanceof Uint8Array) return writeBytes(out, value);
  if (value instanceof PySet) return writeSet(out, value, depth + 1);
  throw new TypeError(
    `encode pickle: cannot write a Python ${typeName(value)}, only None, bool, int, float, str, bytes, list, tuple, ` +
      "dict, set and frozenset",
  );
}

function writeBytes(out: ByteWriter, value: Uint8Array): void {
  if (value.length <= 0xff) {
    out.bytePair(OP.SHORT_BINBYTES, value.length);
  } else {
    out.byte(OP.BINBYTES);
    out.uint32(value.length);
  }
  out.bytes(value);
}

function writeTuple(out: ByteWriter, items: readonly PickleValue[], depth: number): void {
  if (items.length > 3) out.byte(OP.MARK);
  for (const item of items) write(out, item, depth);
  out.byte(SHORT_TUPLES[items.length] ?? OP.TUPLE);
}

const SHORT_TUPLES: readonly number[] = [OP.EMPTY_TUPLE, OP.TUPLE1, OP.TUPLE2, OP.TUPLE3];

function writeList(out: ByteWriter, items: readonly PickleValue[], depth: number): void {
  out.byte(OP.EMPTY_LIST);
  if (items.length === 0) return;
  if (items.length > 1) out.byte(OP.MARK);
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % BATCH_SIZE === 0) out.bytePair(OP.APPENDS, OP.MARK);
    write(out, item, depth);
  }
  out.byte(items.length > 1 ? OP.APPENDS : OP.APPEND);
}

function writeDict(out: ByteWriter, dict: PyDict, depth: number): void {
  out.byte(OP.EMPTY_DICT);
  const { size } = dict;
  if (size === 0) return;
  if (size > 1) out.byte(OP.MARK);
  let index = 0;
  for (const [key, value] of dict) {
    if (index > 0 && index % BATCH_SIZE === 0) out.bytePair(OP.SETITEMS, OP.MARK);
    write(out, key, depth);
    write(out, value, depth);
    index += 1;
  }
  out.byte(size > 1 ? OP.SETITEMS : OP.SETITEM);
}

function writeSet(out: ByteWriter, set: PySet, depth: number): void {
  if (!set.frozen) out.byte(OP.EMPTY_SET);
  if (!set.frozen && set.size === 0) return;
  out.byte(OP.MARK);
  let index = 0;
  for (const member of set) {
    // A frozenset is made at once, so it has no batches.
    if (!set.frozen && index > 0 && index % BATCH_SIZE === 0) out.bytePair(OP.ADDITEMS, OP.MARK);
    write(out, member, depth);
    index += 1;
  }
  out.byte(set.frozen ? OP.FROZENSET : OP.ADDITEMS);
}
