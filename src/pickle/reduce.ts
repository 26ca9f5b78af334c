/** Calls recorded in pickles that only stand for a plain value: older protocols have no other way to write it. */
import { MEMORY } from "./decode-limits.ts";
import type { Machine } from "./decode-machine.ts";
import { PyGlobal, PyObject, PySet } from "./value.ts";
import type { PickleValue } from "./value.ts";

/** Gives the plain value, or null when the arguments are not as expected. */
type Reducer = (args: readonly PickleValue[], machine: Machine) => PickleValue;

/** `bytes` in protocols 0 to 2: text, one character a byte. */
function encodeLatin1(args: readonly PickleValue[], machine: Machine): PickleValue {
  const [text, encoding] = args;
  const latin1 = encoding === "latin1" || encoding === "latin-1";
  if (args.length !== 2 || typeof text !== "string" || !latin1) return null;
  machine.charge(text.length);
  return /[\u0100-\uffff]/.test(text) ? null : new Uint8Array(Buffer.from(text, "latin1"));
}

function emptyBytes(args: readonly PickleValue[]): PickleValue {
  return args.length === 0 ? new Uint8Array() : null;
}

/** Sets in protocols 0 to 3: a list of the members. */
function setOf(args: readonly PickleValue[], machine: Machine, frozen: boolean): PickleValue {
  const [members = []] = args;
  if (args.length > 1 || !Array.isArray(members)) return null;
  machine.charge(MEMORY.entry * members.length);
  return new PySet(members, { frozen, budget: machine.keyBudget });
}

/** Instances in protocols 0 and 1: class, base class, and what the base class is given. */
function reconstruct(args: readonly PickleValue[]): PickleValue {
  const [type, base, state] = args;
  if (args.length !== 3 || type === undefined || !(base instanceof PyGlobal)) return null;
  return new PyObject(type, base.path === "builtins.object" ? [] : [state ?? null]);
}

function newObject(args: readonly PickleValue[]): PickleValue {
  const [type, ...rest] = args;
  return type === undefined ? null : new PyObject(type, rest);
}

const REDUCERS: ReadonlyMap<string, Reducer> = new Map<string, Reducer>([
  ["_codecs.encode", encodeLatin1],
  ["builtins.bytes", emptyBytes],
  ["builtins.set", (args, machine) => setOf(args, machine, false)],
  ["builtins.frozenset", (args, machine) => setOf(args, machine, true)],
  ["copyreg._reconstructor", reconstruct],
  ["copyreg.__newobj__", newObject],
]);

/** The value that a call stands for, or the record of the call where that is not known. */
export function reduce(
  machine: Machine,
  callee: PickleValue,
  args: readonly PickleValue[],
): PickleValue {
  const reducer = callee instanceof PyGlobal ? REDUCERS.get(callee.path) : undefined;
  return reducer?.(args, machine) ?? new PyObject(callee, args);
}
