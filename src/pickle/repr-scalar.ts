/** Python's `repr` of numbers, text and bytes. */
import { DECIMAL_DIGITS_MAX } from "./value.ts";

/** Hexadecimal digits of the least int that surely has more than the decimal digits that Python shows. */
const HEX_DIGITS_MAX = Math.ceil(DECIMAL_DIGITS_MAX / Math.log10(16));

/** An int; one so long that Python refuses to show it is told by its size: `<int of 20000 bits>`. */
export function intRepr(value: bigint): string {
  // Decimal digits take quadratic time, hexadecimal ones do not.
  const hexDigits = value.toString(16).length;
  return hexDigits > HEX_DIGITS_MAX ? `<int of ${hexDigits * 4} bits>` : value.toString();
}

/** A float as Python shows it: the fewest digits that read back the same, an exponent below 1e-4 and from 1e16 on. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", power = ""] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  if (exponent >= 16 || exponent < -4) return `${sign}${mantissa}e${exponentRepr(exponent)}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** Sign and at least two digits. */
function exponentRepr(exponent: number): string {
  return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A complex number as Python shows it: `2j`, `(1+2j)`. */
export function complexRepr(real: number, imaginary: number): string {
  const [first, second] = [real, imaginary].map((part) => floatRepr(part).replace(/\.0$/, ""));
  if (Object.is(real, 0)) return `${second}j`;
  const plus = second?.startsWith("-") === true ? "" : "+";
  return `(${first}${plus}${second}j)`;
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);

/** Single quotes, unless the text holds some and no double ones. */
function quoteFor(text: string): string {
  return text.includes("'") && !text.includes('"') ? '"' : "'";
}

/** Backslash, quotes, and all that Python does not call printable; a blank is. */
const TO_ESCAPE = /[\\'"]|(?! )[\p{C}\p{Z}]/gu;

/** Text in quotes. `lengthMax` spares work where only the beginning is wanted: the rest may be missing. */
export function textRepr(text: string, lengthMax = Infinity): string {
  const quote = quoteFor(text);
  const escaped = head(text, lengthMax).replaceAll(TO_ESCAPE, (char) => escapeChar(char, quote));
  return quote + escaped + quote;
}

/** At least the first `length` characters. */
function head(text: string, length: number): string {
  // A character may take two units.
  return text.length > 2 * length ? text.slice(0, 2 * length) : text;
}

function escapeChar(char: string, quote: string): string {
  if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
  const known = SHORT_ESCAPES.get(char);
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** Backslash, quotes, and all bytes outside of printable ASCII. */
const BYTES_TO_ESCAPE = /[\\'"]|[^ -~]/g;

const SINGLE_QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;

/** Bytes as `b'...'`. `lengthMax` spares work where only the beginning is wanted: the rest may be missing. */
export function bytesRepr(bytes: Uint8Array, lengthMax = Infinity): string {
  const quote = bytes.includes(SINGLE_QUOTE) && !bytes.includes(DOUBLE_QUOTE) ? '"' : "'";
  const shown = Buffer.from(bytes.subarray(0, lengthMax)).toString("latin1");
  const escaped = shown.replaceAll(BYTES_TO_ESCAPE, (char) => escapeChar(char, quote));
  return `b${quote}${escaped}${quote}`;
}
