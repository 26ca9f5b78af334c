/** The building blocks of the text for an opaque object. */
import type { PickleValue, PyObject } from "./value.ts";

/** Text to be shown as it is, or a value to be shown by its own repr. */
export type ReprPart = { readonly text: string } | { readonly value: PickleValue };

/** Gives the parts for an object, or null when it is not built as expected. */
export type Describe = (object: PyObject) => readonly ReprPart[] | null;

/** Text to be shown as it is. */
export function text(value: string): ReprPart {
  return { text: value };
}

/** Values with a comma between them. */
export function list(values: Iterable<PickleValue>): ReprPart[] {
  return [...values].flatMap((value, index) =>
    index === 0 ? [{ value }] : [text(", "), { value }],
  );
}

/** `name(arg, arg)`. */
export function call(name: string, args: Iterable<PickleValue>): ReprPart[] {
  return [text(`${name}(`), ...list(args), text(")")];
}
