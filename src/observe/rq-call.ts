/** The call that an RQ job is, read without running anything. */
import { inflateSync } from "node:zlib";
import { describeError } from "../base/errors.ts";
import { decodePickle } from "../pickle/decode.ts";
import { parseJsonExact } from "../pickle/json.ts";
import { pyRepr } from "../pickle/repr.ts";
import { PyDict, PyTuple } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";

/** A call; values as Python's `repr` shows them, classes that only Python knows as `<module.Class …>`. */
export interface RqCall {
  /** Dotted path; of a method its bare name. */
  readonly function: string;
  /** The object whose method is called. */
  readonly instance: string | null;
  readonly args: readonly string[];
  readonly kwargs: ReadonlyArray<{ readonly name: string; readonly value: string }>;
  /** What it comes to, on one line: of a BTU job its task and schedule, of a Frappe job the method that Frappe calls. */
  readonly summary: string;
}

/** The call, or why it cannot be read. */
export type CallReading =
  | { readonly call: RqCall; readonly problem: null }
  | { readonly call: null; readonly problem: string };

/** How much a job may ask for. */
export interface CallLimits {
  /** Length of the pickle. */
  readonly maxBytes: number;
  /** Characters of one value. */
  readonly valueLength: number;
}

const LEFT_BRACKET = 0x5b;
const SUMMARY_VALUE_LENGTH = 60;
const BTU_ENTRY = /\.run_task_by_id$/;
const FRAPPE_ENTRY = /\.execute_job$/;

/** RQ's workers take what is not compressed as it is. */
function inflated(data: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new Error(`longer than ${maxBytes} bytes`, { cause: error });
    }
    return data;
  }
}

/** A value as RQ stores it: a pickle, or JSON where a site chose that serializer. */
export function decodeStored(bytes: Uint8Array, maxBytes: number): PickleValue {
  if (bytes[0] !== LEFT_BRACKET) return decodePickle(bytes, { inputMaxBytes: maxBytes });
  return parseJsonExact(new TextDecoder().decode(bytes));
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] | null {
  if (value instanceof PyTuple) return value.items;
  return Array.isArray(value) ? value : null;
}

function callText(name: string, args: readonly PickleValue[], kwargs: PyDict): string {
  const named = [...kwargs].map(([key, value]) => `${nameOf(key)}=${shortRepr(value)}`);
  return `${name}(${[...args.map(shortRepr), ...named].join(", ")})`;
}

function shortRepr(value: PickleValue): string {
  return pyRepr(value, { maxLength: SUMMARY_VALUE_LENGTH });
}

function nameOf(key: PickleValue): string {
  return typeof key === "string" ? key : shortRepr(key);
}

/** What a BTU job comes to: its task and schedule. */
function btuText(method: string, kwargs: PyDict): string | null {
  const [task, schedule] = [kwargs.get("task_id"), kwargs.get("schedule_id")];
  if (!BTU_ENTRY.test(method) || typeof task !== "string") return null;
  return `BTU task ${task}${typeof schedule === "string" ? ` of ${schedule}` : ""}`;
}

/** Every job of Frappe calls one function, which calls what it is told to. */
function frappeText(name: string, kwargs: PyDict): string | null {
  if (!FRAPPE_ENTRY.test(name)) return null;
  const method = kwargs.get("method");
  const inner = kwargs.get("kwargs");
  const own = inner instanceof PyDict ? inner : new PyDict();
  const called = typeof method === "string" ? method : kwargs.get("job_name");
  if (typeof called !== "string") return null;
  return btuText(called, own) ?? callText(called, [], own);
}

function callOf(value: PickleValue, { valueLength: maxLength }: CallLimits): RqCall {
  const [name, instance = null, args, kwargs] = itemsOf(value) ?? [];
  const list = itemsOf(args);
  if (typeof name !== "string" || list === null || !(kwargs instanceof PyDict)) {
    throw new Error("it is no call: expected function, instance, arguments, keyword arguments");
  }
  const repr = (one: PickleValue): string => pyRepr(one, { maxLength });
  const owner = instance === null ? null : repr(instance);
  const shown = owner === null ? name : `${shortRepr(instance)}.${name}`;
  return {
    function: name,
    instance: owner,
    args: list.map(repr),
    kwargs: [...kwargs].map(([key, one]) => ({ name: nameOf(key), value: repr(one) })),
    summary: frappeText(name, kwargs) ?? callText(shown, list, kwargs),
  };
}

/** Reads the field `data` of a job's hash; null is a hash without it. */
export function readCall(data: Uint8Array | null, limits: CallLimits): CallReading {
  if (data === null) return { call: null, problem: "the job holds no call: workers drop it" };
  try {
    const value = decodeStored(inflated(data, limits.maxBytes), limits.maxBytes);
    return { call: callOf(value, limits), problem: null };
  } catch (error) {
    return { call: null, problem: `the call cannot be read: ${describeError(error)}` };
  }
}

/** A text that RQ compressed, such as a traceback; null when it is none. */
export function inflatedText(data: Uint8Array, maxBytes: number): string | null {
  try {
    const bytes = inflateSync(data, { maxOutputLength: maxBytes });
    return new TextDecoder().decode(bytes);
  } catch {
    return null;
  }
}
