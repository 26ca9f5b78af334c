/** Opcodes that push None, a bool, a number, text or bytes. */
import type { Handlers, Machine } from "./decode-machine.ts";
import {
  decodeQuotedBytes,
  decodeRawUnicodeEscape,
  decodeUtf8,
  textOrBytes,
} from "./decode-text.ts";
import { OP } from "./opcodes.ts";
import { DECIMAL_DIGITS_MAX, PyGlobal, PyObject } from "./value.ts";

const INT_TEXT = /^(-?\d+)L?$/;
const FLOAT_TEXT = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const FLOAT_WORDS: ReadonlyMap<string, number> = new Map([
  ["inf", Infinity],
  ["-inf", -Infinity],
  ["nan", NaN],
]);

/** The argument of an opcode of protocol 0. */
function lineText(machine: Machine): string {
  return machine.line().toString("latin1");
}

function intOf(machine: Machine, text: string): bigint {
  if (text.length > DECIMAL_DIGITS_MAX + 2) machine.fail(`an int of ${text.length} characters`);
  const digits = INT_TEXT.exec(text)?.[1];
  return digits === undefined ? machine.fail(`${JSON.stringify(text)} is no int`) : BigInt(digits);
}

/** Protocols 0 and 1 have no bools of their own: they are ints with a leading zero. */
function pushIntOrBool(machine: Machine): void {
  const text = lineText(machine);
  machine.push(text === "00" || text === "01" ? text === "01" : intOf(machine, text));
}

function pushFloatText(machine: Machine): void {
  const text = lineText(machine);
  const value = FLOAT_TEXT.test(text) ? Number(text) : FLOAT_WORDS.get(text);
  machine.push(value ?? machine.fail(`${JSON.stringify(text)} is no float`));
}

/** An int as two's complement, little-endian. */
function pushLong(machine: Machine, length: number): void {
  const bytes = machine.take(length);
  machine.charge(length);
  if (length === 0) return machine.push(0n);
  const hex = Buffer.from(bytes).toReversed();
  const unsigned = BigInt(`0x${Buffer.from(hex).toString("hex")}`);
  machine.push(BigInt.asIntN(length * 8, unsigned));
}

function pushUtf8(machine: Machine, length: number): void {
  const bytes = machine.take(length);
  machine.charge(2 * length);
  machine.push(decodeUtf8(bytes) ?? machine.fail("the text is not UTF-8"));
}

function pushRawUnicode(machine: Machine): void {
  const text = lineText(machine);
  machine.charge(2 * text.length);
  machine.push(decodeRawUnicodeEscape(text) ?? machine.fail("a broken escape in the text"));
}

/** Text of Python 2, in quotes. */
function pushQuoted(machine: Machine): void {
  const text = lineText(machine);
  machine.charge(2 * text.length);
  machine.push(textOrBytes(decodeQuotedBytes(text) ?? machine.fail("the text is not in quotes")));
}

/** Text of Python 2. */
function pushByteString(machine: Machine, length: number): void {
  const bytes = machine.take(length);
  machine.charge(2 * length);
  machine.push(textOrBytes(bytes.toString("latin1")));
}

function pushBytes(machine: Machine, length: number): void {
  const bytes = machine.take(length);
  machine.charge(length);
  machine.push(new Uint8Array(bytes));
}

/** A bytearray can be changed, so it is no bytes. */
function pushByteArray(machine: Machine, length: number): void {
  const bytes = machine.take(length);
  machine.charge(length);
  machine.push(new PyObject(new PyGlobal("builtins", "bytearray"), [new Uint8Array(bytes)]));
}

/** Handlers of the scalar opcodes. */
export const SCALAR_HANDLERS: Handlers = [
  [OP.NONE, (machine) => machine.push(null)],
  [OP.NEWTRUE, (machine) => machine.push(true)],
  [OP.NEWFALSE, (machine) => machine.push(false)],
  [OP.INT, pushIntOrBool],
  [OP.LONG, (machine) => machine.push(intOf(machine, lineText(machine)))],
  [OP.BININT, (machine) => machine.push(BigInt(machine.int32()))],
  [OP.BININT1, (machine) => machine.push(BigInt(machine.byte()))],
  [OP.BININT2, (machine) => machine.push(BigInt(machine.uint16()))],
  [OP.LONG1, (machine) => pushLong(machine, machine.byte())],
  [OP.LONG4, (machine) => pushLong(machine, machine.int32())],
  [OP.FLOAT, pushFloatText],
  [OP.BINFLOAT, (machine) => machine.push(machine.float64BigEndian())],
  [OP.UNICODE, pushRawUnicode],
  [OP.SHORT_BINUNICODE, (machine) => pushUtf8(machine, machine.byte())],
  [OP.BINUNICODE, (machine) => pushUtf8(machine, machine.uint32())],
  [OP.BINUNICODE8, (machine) => pushUtf8(machine, machine.uint64())],
  [OP.STRING, pushQuoted],
  [OP.SHORT_BINSTRING, (machine) => pushByteString(machine, machine.byte())],
  [OP.BINSTRING, (machine) => pushByteString(machine, machine.int32())],
  [OP.SHORT_BINBYTES, (machine) => pushBytes(machine, machine.byte())],
  [OP.BINBYTES, (machine) => pushBytes(machine, machine.uint32())],
  [OP.BINBYTES8, (machine) => pushBytes(machine, machine.uint64())],
  [OP.BYTEARRAY8, (machine) => pushByteArray(machine, machine.uint64())],
];
