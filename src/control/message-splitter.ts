/** Cuts the bytes of a connection into messages. No socket in sight. */

/** A larger message is an attack or a fault. */
const MESSAGE_BYTES_MAX = 64 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Cuts a byte stream into JSON objects; an object is whole when its last brace is there, with or without a newline. */
export class MessageSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #scanned = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;
  #fault: string | null = null;

  /** Whether a message has begun and is not whole. */
  get isHalfway(): boolean {
    return this.#pending.length > 0;
  }

  /** Why no byte after these can become a message: the connection is to be closed; null while all is well. */
  get fault(): string | null {
    return this.#fault;
  }

  /** The messages that are whole now. */
  push(bytes: Uint8Array): string[] {
    const messages: string[] = [];
    if (this.#fault !== null) return messages;
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (let message = this.#next(); message !== null; message = this.#next())
      messages.push(message);
    if (this.#fault !== null) this.#pending = Buffer.alloc(0);
    return messages;
  }

  #next(): string | null {
    if (this.#scanned === 0) this.#skipBlanks();
    const end = Math.min(this.#pending.length, MESSAGE_BYTES_MAX);
    for (; this.#fault === null && this.#scanned < end; this.#scanned += 1) {
      if (!this.#endsWith(this.#pending[this.#scanned] ?? 0)) continue;
      const message = this.#pending.toString("utf8", 0, this.#scanned + 1);
      this.#pending = this.#pending.subarray(this.#scanned + 1);
      this.#scanned = 0;
      return message;
    }
    if (this.#pending.length >= MESSAGE_BYTES_MAX) this.#fault ??= "the message is too long";
    return null;
  }

  #skipBlanks(): void {
    let start = 0;
    while (BLANKS.has(this.#pending[start] ?? 0)) start += 1;
    this.#pending = this.#pending.subarray(start);
    const [first] = this.#pending;
    if (first !== undefined && first !== OPEN) this.#fault = "expected a JSON object";
  }

  /** Takes one byte; true when it closes the outermost object. */
  #endsWith(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inText = false;
      return false;
    }
    if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN) this.#depth += 1;
    else if (byte === CLOSE) this.#depth -= 1;
    return byte === CLOSE && this.#depth === 0;
  }
}
