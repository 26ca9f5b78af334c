/** Opcodes that build lists, tuples, dicts and sets, and those that move values between stack and memo. */
import { MEMORY } from "./decode-limits.ts";
import type { Handlers, Machine } from "./decode-machine.ts";
import { OP } from "./opcodes.ts";
import { PyDict, PyObject, PySet, PyTuple, typeName } from "./value.ts";
import type { PickleValue } from "./value.ts";

/** Pushes a new container that holds `count` items or entries. */
function pushContainer(machine: Machine, container: PickleValue, count: number): void {
  machine.charge(MEMORY.container + MEMORY.slot * count);
  machine.push(container);
}

function pushTuple(machine: Machine, items: PickleValue[]): void {
  pushContainer(machine, new PyTuple(items), items.length);
}

function pushTupleOfLast(machine: Machine, count: 1 | 2 | 3): void {
  const items: PickleValue[] = [];
  for (let index = 0; index < count; index += 1) items.unshift(machine.pop());
  pushTuple(machine, items);
}

function pushListFromMark(machine: Machine): void {
  const items = machine.popToMark();
  pushContainer(machine, items, items.length);
}

function pushDictFromMark(machine: Machine): void {
  const items = machine.popToMark();
  pushContainer(machine, new PyDict(), 0);
  setItems(machine, items);
}

function pushFrozenSet(machine: Machine): void {
  const members = machine.popToMark();
  machine.charge(MEMORY.entry * members.length);
  const set = new PySet(members, { frozen: true, budget: machine.keyBudget });
  pushContainer(machine, set, 0);
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.top();
  machine.charge(MEMORY.slot * items.length);
  const list = target instanceof PyObject ? target.items : target;
  if (!Array.isArray(list)) return machine.fail(`cannot append to a ${typeName(target)}`);
  for (const item of items) list.push(item);
}

function appendOne(machine: Machine): void {
  const item = machine.pop();
  append(machine, [item]);
}

/** Keys and values by turns. */
function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.top();
  if (items.length % 2 !== 0) machine.fail("a key without a value");
  machine.charge((MEMORY.entry * items.length) / 2);
  const dict = target instanceof PyObject ? (target.entries ??= new PyDict()) : target;
  if (!(dict instanceof PyDict)) return machine.fail(`cannot set keys of a ${typeName(target)}`);
  for (let index = 0; index + 1 < items.length; index += 2) {
    dict.set(items[index] ?? null, items[index + 1] ?? null, machine.keyBudget);
  }
}

function setOneItem(machine: Machine): void {
  const value = machine.pop();
  const key = machine.pop();
  setItems(machine, [key, value]);
}

function addItems(machine: Machine): void {
  const members = machine.popToMark();
  const target = machine.top();
  if (target instanceof PyObject) return append(machine, members);
  if (!(target instanceof PySet) || target.frozen) {
    return machine.fail(`cannot add members to a ${typeName(target)}`);
  }
  machine.charge(MEMORY.entry * members.length);
  for (const member of members) target.add(member, machine.keyBudget);
}

/** As CPython: where nothing lies above a mark, the mark goes. */
function popOne(machine: Machine): void {
  if (machine.atMark()) machine.popToMark();
  else machine.pop();
}

function indexOf(machine: Machine): number {
  const text = machine.line().toString("latin1");
  return /^\d{1,10}$/.test(text)
    ? Number(text)
    : machine.fail(`${JSON.stringify(text.slice(0, 40))} is no index of the memo`);
}

/** Handlers of containers, stack and memo. */
export const CONTAINER_HANDLERS: Handlers = [
  [OP.MARK, (machine) => machine.pushMark()],
  [OP.POP, popOne],
  [OP.POP_MARK, (machine) => void machine.popToMark()],
  [OP.DUP, (machine) => machine.push(machine.top())],
  [OP.EMPTY_TUPLE, (machine) => pushTuple(machine, [])],
  [OP.TUPLE, (machine) => pushTuple(machine, machine.popToMark())],
  [OP.TUPLE1, (machine) => pushTupleOfLast(machine, 1)],
  [OP.TUPLE2, (machine) => pushTupleOfLast(machine, 2)],
  [OP.TUPLE3, (machine) => pushTupleOfLast(machine, 3)],
  [OP.EMPTY_LIST, (machine) => pushContainer(machine, [], 0)],
  [OP.LIST, pushListFromMark],
  [OP.APPEND, appendOne],
  [OP.APPENDS, (machine) => append(machine, machine.popToMark())],
  [OP.EMPTY_DICT, (machine) => pushContainer(machine, new PyDict(), 0)],
  [OP.DICT, pushDictFromMark],
  [OP.SETITEM, setOneItem],
  [OP.SETITEMS, (machine) => setItems(machine, machine.popToMark())],
  [OP.EMPTY_SET, (machine) => pushContainer(machine, new PySet(), 0)],
  [OP.ADDITEMS, addItems],
  [OP.FROZENSET, pushFrozenSet],
  [OP.PUT, (machine) => machine.memoize(indexOf(machine))],
  [OP.BINPUT, (machine) => machine.memoize(machine.byte())],
  [OP.LONG_BINPUT, (machine) => machine.memoize(machine.uint32())],
  [OP.MEMOIZE, (machine) => machine.memoize()],
  [OP.GET, (machine) => machine.push(machine.remembered(indexOf(machine)))],
  [OP.BINGET, (machine) => machine.push(machine.remembered(machine.byte()))],
  [OP.LONG_BINGET, (machine) => machine.push(machine.remembered(machine.uint32()))],
];
