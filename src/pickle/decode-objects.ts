/** Opcodes that name Python classes or build objects: they are recorded, nothing is looked up or run. */
import { MEMORY } from "./decode-limits.ts";
import type { Handlers, Machine } from "./decode-machine.ts";
import { decodeUtf8 } from "./decode-text.ts";
import { OP } from "./opcodes.ts";
import { reduce } from "./reduce.ts";
import { PyDict, PyGlobal, PyObject, PyTuple, typeName } from "./value.ts";
import type { PickleValue } from "./value.ts";

const PROTOCOL_MAX = 5;

/** Modules and names of Python 2 that stand in protocols 0 to 2, whoever wrote them. */
const RENAMED_MODULES: ReadonlyMap<string, string> = new Map([
  ["__builtin__", "builtins"],
  ["exceptions", "builtins"],
  ["copy_reg", "copyreg"],
]);
const RENAMED_BUILTINS: ReadonlyMap<string, string> = new Map([
  ["unicode", "str"],
  ["long", "int"],
  ["xrange", "range"],
  ["unichr", "chr"],
]);

function globalOf(machine: Machine, module: string, name: string): PyGlobal {
  machine.charge(MEMORY.object);
  if (machine.protocol >= 3) return new PyGlobal(module, name);
  const newName = module === "__builtin__" ? RENAMED_BUILTINS.get(name) : undefined;
  return new PyGlobal(RENAMED_MODULES.get(module) ?? module, newName ?? name);
}

function lineName(machine: Machine): string {
  return decodeUtf8(machine.line()) ?? machine.fail("the name is not UTF-8");
}

function pushGlobal(machine: Machine): void {
  const module = lineName(machine);
  machine.push(globalOf(machine, module, lineName(machine)));
}

function pushStackGlobal(machine: Machine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof name !== "string" || typeof module !== "string") {
    return machine.fail(`a ${typeName(module)} and a ${typeName(name)} name nothing`);
  }
  machine.push(globalOf(machine, module, name));
}

/** Numbers agreed upon in Python's `copyreg`, which only the writer knows. */
function pushExtension(machine: Machine, code: number): void {
  machine.push(globalOf(machine, "copyreg", `extension ${code}`));
}

function pushObject(machine: Machine, object: PickleValue): void {
  machine.charge(MEMORY.object);
  machine.push(object);
}

function argsOf(machine: Machine, value: PickleValue): readonly PickleValue[] {
  return value instanceof PyTuple
    ? value.items
    : machine.fail(`the arguments are a ${typeName(value)}, not a tuple`);
}

function pushReduced(machine: Machine): void {
  const args = argsOf(machine, machine.pop());
  const callee = machine.pop();
  pushObject(machine, reduce(machine, callee, args));
}

function pushNew(machine: Machine): void {
  const args = argsOf(machine, machine.pop());
  pushObject(machine, new PyObject(machine.pop(), args));
}

function pushNewWithNames(machine: Machine): void {
  const kwargs = machine.pop();
  if (!(kwargs instanceof PyDict)) {
    return machine.fail(`the named arguments are a ${typeName(kwargs)}, not a dict`);
  }
  const args = argsOf(machine, machine.pop());
  pushObject(machine, new PyObject(machine.pop(), args, kwargs));
}

/** An instance as Python 2 writes it: class and arguments above a mark. */
function pushOldObject(machine: Machine): void {
  const [callee, ...args] = machine.popToMark();
  if (callee === undefined) return machine.fail("no class above the mark");
  pushObject(machine, new PyObject(callee, args));
}

function pushOldInstance(machine: Machine): void {
  const module = lineName(machine);
  const callee = globalOf(machine, module, lineName(machine));
  pushObject(machine, new PyObject(callee, machine.popToMark()));
}

function build(machine: Machine): void {
  const state = machine.pop();
  const target = machine.top();
  if (!(target instanceof PyObject)) {
    return machine.fail(`cannot set the state of a ${typeName(target)}`);
  }
  target.state = state;
}

/** A name that only the writer of the pickle can resolve. */
function pushPersistent(machine: Machine, id: PickleValue): void {
  pushObject(machine, new PyObject(new PyGlobal("pickle", "persistent_load"), [id]));
}

function readProtocol(machine: Machine): void {
  const protocol = machine.byte();
  if (protocol > PROTOCOL_MAX) machine.fail(`protocol ${protocol}; known are 0 to ${PROTOCOL_MAX}`);
  machine.protocol = protocol;
}

/** Frames only help those who read from a file. */
function skipFrame(machine: Machine): void {
  const length = machine.uint64();
  if (length > machine.remaining) {
    machine.fail(
      `a frame of ${length} bytes, ${machine.remaining} are left; the pickle is cut off`,
    );
  }
}

/** Handlers of classes, objects and the frame around all. */
export const OBJECT_HANDLERS: Handlers = [
  [OP.PROTO, readProtocol],
  [OP.FRAME, skipFrame],
  [OP.GLOBAL, pushGlobal],
  [OP.STACK_GLOBAL, pushStackGlobal],
  [OP.EXT1, (machine) => pushExtension(machine, machine.byte())],
  [OP.EXT2, (machine) => pushExtension(machine, machine.uint16())],
  [OP.EXT4, (machine) => pushExtension(machine, machine.int32())],
  [OP.REDUCE, pushReduced],
  [OP.NEWOBJ, pushNew],
  [OP.NEWOBJ_EX, pushNewWithNames],
  [OP.OBJ, pushOldObject],
  [OP.INST, pushOldInstance],
  [OP.BUILD, build],
  [OP.PERSID, (machine) => pushPersistent(machine, lineName(machine))],
  [OP.BINPERSID, (machine) => pushPersistent(machine, machine.pop())],
  [OP.NEXT_BUFFER, (machine) => machine.fail("its buffer was sent beside the pickle, not in it")],
  [OP.READONLY_BUFFER, (machine) => void machine.top()],
];
