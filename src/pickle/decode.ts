/** Pickle bytes, protocols 0 to 5, to values. Never runs or imports anything. */
import { CONTAINER_HANDLERS } from "./decode-containers.ts";
import { DECODE_LIMITS } from "./decode-limits.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { Machine } from "./decode-machine.ts";
import { OBJECT_HANDLERS } from "./decode-objects.ts";
import { SCALAR_HANDLERS } from "./decode-scalars.ts";
import { isDeeperThan } from "./height.ts";
import { OP } from "./opcodes.ts";
import { UnhashableError } from "./value.ts";
import type { PickleValue } from "./value.ts";

const HANDLERS = new Map([...SCALAR_HANDLERS, ...CONTAINER_HANDLERS, ...OBJECT_HANDLERS]);

/**
 * The value of a pickle (not compressed). Classes, functions and objects become inert `PyGlobal` and `PyObject`; what
 * follows the pickle is ignored, as Python does.
 *
 * @throws PickleError with offset and opcode when the bytes are no pickle, are cut off, or go over a limit.
 */
export function decodePickle(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): PickleValue {
  const bounds = { ...DECODE_LIMITS, ...limits };
  const machine = new Machine(bytes, bounds);
  for (let opcode = machine.nextOpcode(); opcode !== OP.STOP; opcode = machine.nextOpcode()) {
    carryOut(machine, opcode);
  }
  const value = machine.pop();
  if (isDeeperThan(value, bounds.depthMax)) {
    machine.fail(`the value nests deeper than ${bounds.depthMax} levels`);
  }
  return value;
}

function carryOut(machine: Machine, opcode: number): void {
  const handler = HANDLERS.get(opcode);
  if (handler === undefined) return machine.fail("no opcode of protocols 0 to 5");
  try {
    handler(machine);
  } catch (error) {
    if (error instanceof UnhashableError) machine.fail(error.message);
    throw error;
  }
}
