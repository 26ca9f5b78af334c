/** Readable text for the classes and objects that pickles of real jobs hold, as near to Python's `repr` as one can be. */
import { DATETIME_TEXTS } from "./repr-datetime.ts";
import { call, list, text } from "./repr-parts.ts";
import type { Describe, ReprPart } from "./repr-parts.ts";
import { complexRepr } from "./repr-scalar.ts";
import { PyDict, PyGlobal, PyObject, PyTuple } from "./value.ts";
import type { PickleValue } from "./value.ts";

const CLASSES_OF_BUILTINS: ReadonlySet<string> = new Set(
  "bool bytearray bytes complex dict float frozenset int list object range set str tuple type".split(
    " ",
  ),
);
const CONSTANTS: ReadonlySet<string> = new Set(["Ellipsis", "NotImplemented"]);

/** `<class 'list'>`, `Ellipsis`, `<module.name>`. */
export function globalRepr({ module, name, path }: PyGlobal): string {
  if (module !== "builtins") return `<${path}>`;
  if (CONSTANTS.has(name)) return name;
  return CLASSES_OF_BUILTINS.has(name) ? `<class '${name}'>` : `<${name}>`;
}

/** Parts of the text for an object: `datetime.date(2024, 2, 29)`, or `<module.Class(args) state>` where nothing more is known. */
export function objectParts(object: PyObject): readonly ReprPart[] {
  const describe = object.callee instanceof PyGlobal ? KNOWN.get(object.callee.path) : undefined;
  return describe?.(object) ?? genericParts(object);
}

function genericParts(object: PyObject): ReprPart[] {
  const { callee, args, kwargs, items, entries, state } = object;
  const named = [...(kwargs ?? [])].flatMap(([key, value], index) => [
    text(`${index + args.length > 0 ? ", " : ""}${typeof key === "string" ? key : "?"}=`),
    { value },
  ]);
  return [
    text("<"),
    ...calleeParts(callee),
    text("("),
    ...list(args),
    ...named,
    text(")"),
    ...(items.length > 0 ? [text(" "), { value: items }] : []),
    ...(entries === null ? [] : [text(" "), { value: entries }]),
    ...(state === undefined ? [] : [text(" "), { value: state }]),
    text(">"),
  ];
}

/** What is called, without brackets around it: `module.Class`, `module.Class.method`. */
function calleeParts(callee: PickleValue): ReprPart[] {
  const path = dottedPath(callee);
  return path === null ? [{ value: callee }] : [text(path)];
}

function dottedPath(callee: PickleValue): string | null {
  if (callee instanceof PyGlobal) return callee.module === "builtins" ? callee.name : callee.path;
  if (!(callee instanceof PyObject) || !(callee.callee instanceof PyGlobal)) return null;
  const [owner = null, name] = callee.args;
  if (callee.callee.path !== "builtins.getattr" || typeof name !== "string") return null;
  // An owner that is itself looked up could nest at will.
  return owner instanceof PyGlobal ? `${owner.path}.${name}` : null;
}

function attributeParts(object: PyObject): ReprPart[] | null {
  const path = dottedPath(object);
  return path === null ? null : [text(`<${path}>`)];
}

function describeUuid({ state }: PyObject): ReprPart[] | null {
  const number = state instanceof PyDict ? state.get("int") : undefined;
  if (typeof number !== "bigint" || number < 0n || number >= 1n << 128n) return null;
  const digits = number.toString(16).padStart(32, "0");
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ].map(([from, to]) => digits.slice(from, to));
  return [text(`UUID('${parts.join("-")}')`)];
}

function describeOrderedDict({ args, entries }: PyObject): ReprPart[] | null {
  if (args.length > 0) return null;
  const pairs = [...(entries ?? [])].map((pair) => new PyTuple(pair));
  return call("OrderedDict", pairs.length === 0 ? [] : [pairs]);
}

function describeDefaultDict({ args, entries }: PyObject): ReprPart[] | null {
  return args.length > 1 ? null : call("defaultdict", [args[0] ?? null, entries ?? new PyDict()]);
}

function describeComplex({ args }: PyObject): ReprPart[] | null {
  const [real, imaginary] = args;
  if (typeof real !== "number" || typeof imaginary !== "number") return null;
  return [text(complexRepr(real, imaginary))];
}

/** Before protocol 5: no argument, bytes, or (up to Python 3.7) text and the name of its encoding. */
function describeByteArray({ args: [content = new Uint8Array()] }: PyObject): ReprPart[] {
  const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
  return call("bytearray", [bytes]);
}

function describeRange({ args }: PyObject): ReprPart[] {
  return call("range", args.length === 3 && args[2] === 1n ? args.slice(0, 2) : args);
}

const KNOWN: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  ...DATETIME_TEXTS,
  ["builtins.bytearray", describeByteArray],
  ["builtins.complex", describeComplex],
  ["builtins.getattr", attributeParts],
  ["builtins.range", describeRange],
  ["builtins.slice", ({ args }) => call("slice", args)],
  ["collections.OrderedDict", describeOrderedDict],
  ["collections.defaultdict", describeDefaultDict],
  ["collections.deque", ({ items, args }) => (args.length > 0 ? null : call("deque", [items]))],
  ["decimal.Decimal", ({ args }) => call("Decimal", args)],
  ["uuid.UUID", describeUuid],
]);
