/** Bytes that grow as they are written. */

const FIRST_SIZE = 256;

/** Redis takes no longer value. */
const BYTES_MAX = 512 * 1024 * 1024;

/** Collects bytes; numbers little-endian unless the name says otherwise. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_SIZE);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** One byte, then one byte. */
  bytePair(first: number, second: number): void {
    this.#reserve(2);
    this.#bytes[this.#length] = first;
    this.#bytes[this.#length + 1] = second;
    this.#length += 2;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32LE(value, this.#length);
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  float64BigEndian(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /**
   * A byte for an opcode, one for the length, then the text, if all of it is ASCII and the length fits one byte.
   *
   * @returns false when it does not fit; then nothing is written.
   */
  shortAscii(opcode: number, text: string): boolean {
    const { length } = text;
    if (length > 0xff) return false;
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at] = opcode;
    bytes[at + 1] = length;
    at += 2;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at + index] = code;
    }
    this.#length = at + length;
    return true;
  }

  /** Text as UTF-8; a lone surrogate becomes the three bytes that Python calls "surrogatepass". */
  utf8(text: string, byteLength: number): void {
    this.#reserve(byteLength);
    this.#bytes.write(text, this.#length, "utf8");
    if (!text.isWellFormed()) patchSurrogates(text, this.#bytes.subarray(this.#length));
    this.#length += byteLength;
  }

  /** All that was written. The bytes are the caller's own. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @throws RangeError when the whole would be longer than 512 MiB. */
  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    if (needed > BYTES_MAX)
      throw new RangeError("encode pickle: the value needs more than 512 MiB");
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2), BYTES_MAX));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Where the runtime wrote U+FFFD (also three bytes) for a lone surrogate, puts the surrogate itself. */
function patchSurrogates(text: string, bytes: Uint8Array): void {
  let at = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) {
      bytes[at] = 0xe0 | (code >> 12);
      bytes[at + 1] = 0x80 | ((code >> 6) & 0x3f);
      bytes[at + 2] = 0x80 | (code & 0x3f);
    }
    at += utf8Length(code);
  }
}

function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
