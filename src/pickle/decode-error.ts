/** Why bytes are not taken for a pickle. */

/** The bytes are no pickle, are cut off, or go over a limit. */
export class PickleError extends Error {
  override readonly name = "PickleError";
  /** Where the opcode stands, in bytes from the start. */
  readonly offset: number;
  /** The name of the opcode, as in CPython's `pickle.py`. */
  readonly opcode: string;

  constructor(offset: number, opcode: string, problem: string) {
    super(`decode pickle at byte ${offset}, ${opcode}: ${problem}`);
    this.offset = offset;
    this.opcode = opcode;
  }
}
