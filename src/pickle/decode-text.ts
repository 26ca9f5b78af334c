/** Text inside pickles: the forms that CPython's picklers write. */
import { LETTER_ESCAPES } from "./letter-escapes.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8, in which Python also lets lone surrogates pass ("surrogatepass"); null when it is neither. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return decodeSurrogatePass(bytes);
  }
}

/** A surrogate as three bytes, read as Latin-1 text: ED, A0 to BF, 80 to BF. */
const SURROGATE_BYTES = /(\xed[\xa0-\xbf][\x80-\xbf])/;

function decodeSurrogatePass(bytes: Uint8Array): string | null {
  const parts = Buffer.from(bytes).toString("latin1").split(SURROGATE_BYTES);
  try {
    return parts
      .map((part) =>
        SURROGATE_BYTES.test(part)
          ? surrogateOf(part)
          : strictUtf8.decode(Buffer.from(part, "latin1")),
      )
      .join("");
  } catch {
    return null;
  }
}

function surrogateOf(bytes: string): string {
  const high = (bytes.charCodeAt(1) & 0x3f) << 6;
  return String.fromCharCode(0xd000 | high | (bytes.charCodeAt(2) & 0x3f));
}

const RAW_UNICODE_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]?))/g;

/** Python's "raw-unicode-escape", given as Latin-1 text; null when an escape is cut off or beyond Unicode. */
export function decodeRawUnicodeEscape(text: string): string | null {
  if (!text.includes("\\")) return text;
  let valid = true;
  const decoded = text.replaceAll(
    RAW_UNICODE_ESCAPE,
    (whole: string, short?: string, long?: string, other?: string) => {
      const code = Number.parseInt(short ?? long ?? "0", 16);
      if (other === "u" || other === "U" || code > 0x10ffff) valid = false;
      return other === undefined && valid ? String.fromCodePoint(code) : whole;
    },
  );
  return valid ? decoded : null;
}

const BYTE_ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]?))/g;

/** A quoted text of Python 2, one character per byte, without its quotes; null when it is not well formed. */
export function decodeQuotedBytes(quoted: string): string | null {
  const match = /^(['"])([^]*)\1$/.exec(quoted);
  if (match === null) return null;
  let valid = true;
  const decoded = (match[2] ?? "").replaceAll(
    BYTE_ESCAPE,
    (whole: string, hex?: string, octal?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      if (letter === "x" || letter === "") valid = false;
      return LETTER_ESCAPES.get(letter ?? "") ?? whole;
    },
  );
  return valid ? decoded : null;
}

/** A str of Python 2 as Python 3 reads it where it can, that is, if all of it is ASCII; else its bytes. */
export function textOrBytes(latin1: string): string | Uint8Array {
  return /[\x80-\uffff]/.test(latin1) ? Buffer.from(latin1, "latin1") : latin1;
}
