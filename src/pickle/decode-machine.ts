/** The pickle machine: input, stack, marks and memo, each access checked. What opcodes do stands elsewhere. */
import { PickleError } from "./decode-error.ts";
import { keyCostMax, MEMORY } from "./decode-limits.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { opcodeName } from "./opcodes.ts";
import type { KeyBudget, PickleValue } from "./value.ts";

/** What one opcode does. */
type Handler = (machine: Machine) => void;

/** What opcodes do, by opcode. */
export type Handlers = ReadonlyArray<readonly [opcode: number, handler: Handler]>;

/** One decoding in progress. */
export class Machine {
  /** The protocol that the pickle announced; 0 until it does. */
  protocol = 0;
  /** Shared by all keys of all dicts and sets of the pickle. */
  readonly keyBudget: KeyBudget;
  readonly #limits: DecodeLimits;
  readonly #input: Buffer;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at which marks stand. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #position = 0;
  #opcode = 0;
  #opcodeAt = 0;
  #opcodesLeft: number;
  #memoryLeft: number;

  constructor(input: Uint8Array, limits: DecodeLimits) {
    this.#input = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    this.#limits = limits;
    this.keyBudget = { left: keyCostMax(input.length) };
    this.#opcodesLeft = limits.opcodesMax;
    this.#memoryLeft = limits.memoryMaxBytes;
    if (input.length > limits.inputMaxBytes) {
      this.fail(`${input.length} bytes, more than the limit of ${limits.inputMaxBytes}`);
    }
  }

  /** @throws PickleError that names the present opcode. */
  fail(problem: string): never {
    throw new PickleError(this.#opcodeAt, opcodeName(this.#opcode), problem);
  }

  /** The next opcode. */
  nextOpcode(): number {
    this.#opcodeAt = this.#position;
    if (this.#opcodesLeft === 0) this.fail(`more than ${this.#limits.opcodesMax} opcodes`);
    this.#opcodesLeft -= 1;
    if (this.#position >= this.#input.length) {
      throw new PickleError(this.#position, "end of input", "no STOP; the pickle is cut off");
    }
    this.#opcode = this.byte();
    return this.#opcode;
  }

  /** Accounts for memory about to be taken. */
  charge(bytes: number): void {
    this.#memoryLeft -= bytes;
    if (this.#memoryLeft < 0) {
      this.fail(`the value needs more than ${this.#limits.memoryMaxBytes} bytes of memory`);
    }
  }

  byte(): number {
    return this.#input[this.#advance(1)] ?? 0;
  }

  uint16(): number {
    return this.#input.readUInt16LE(this.#advance(2));
  }

  int32(): number {
    return this.#input.readInt32LE(this.#advance(4));
  }

  uint32(): number {
    return this.#input.readUInt32LE(this.#advance(4));
  }

  /** An unsigned length of eight bytes; one above 2^53 is inexact, and too long anyhow. */
  uint64(): number {
    return Number(this.#input.readBigUInt64LE(this.#advance(8)));
  }

  float64BigEndian(): number {
    return this.#input.readDoubleBE(this.#advance(8));
  }

  /** The next `length` bytes; they are a view of the input. */
  take(length: number): Buffer {
    const start = this.#advance(length);
    return this.#input.subarray(start, start + length);
  }

  /** The bytes up to the next newline, without it; they are a view of the input. */
  line(): Buffer {
    const end = this.#input.indexOf(0x0a, this.#position);
    if (end < 0) this.fail("no newline at the end of the argument; the pickle is cut off");
    const line = this.take(end - this.#position);
    this.#position += 1;
    return line;
  }

  /** How many bytes of input are left. */
  get remaining(): number {
    return this.#input.length - this.#position;
  }

  push(value: PickleValue): void {
    this.charge(MEMORY.slot);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || this.atMark()) this.fail("nothing on the stack");
    return value;
  }

  /** Tells whether nothing lies above the last mark, or nothing at all. */
  atMark(): boolean {
    return this.#stack.length <= (this.#marks.at(-1) ?? 0);
  }

  pushMark(): void {
    this.charge(MEMORY.slot);
    this.#marks.push(this.#stack.length);
  }

  /** Takes off the last mark and all above it. */
  popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) this.fail("no MARK on the stack");
    return this.#stack.splice(height);
  }

  memoize(index: number = this.#memo.size): void {
    this.charge(MEMORY.memo);
    this.#memo.set(index, this.top());
    if (this.#memo.size > this.#limits.memoMax) {
      this.fail(`more than ${this.#limits.memoMax} values in the memo`);
    }
  }

  remembered(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) this.fail(`nothing in the memo under ${index}`);
    return value;
  }

  /** Moves on by `count` bytes and returns where they begin. */
  #advance(count: number): number {
    if (count < 0) this.fail(`a length of ${count}`);
    if (count > this.remaining) {
      this.fail(`needs ${count} bytes, ${this.remaining} are left; the pickle is cut off`);
    }
    const start = this.#position;
    this.#position += count;
    return start;
  }
}
