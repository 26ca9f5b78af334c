/** A call of Python on the screen. */
import type { RqCall } from "../observe/rq-call.ts";
import { oneLine, wrap } from "./text.ts";

const INDENT = 2;

/** A value may be long: it is wrapped, since whoever looks at one job wants all of it. */
function valueLines(label: string, value: string, width: number): string[] {
  return wrap(`${label}${oneLine(value)}`, width, INDENT);
}

/** Function, object, arguments and keyword arguments, each on lines of its own. */
export function callLines({ function: name, instance, args, kwargs }: RqCall, width: number) {
  return [
    ...valueLines("", name, width),
    ...(instance === null ? [] : valueLines("of ", instance, width)),
    ...args.flatMap((value) => valueLines("", value, width)),
    ...kwargs.flatMap((one) => valueLines(`${one.name} = `, one.value, width)),
  ];
}
