/** The arguments of a call in the little memory that they take pickled: a file may hold 100,000 of them. */
import { decodePickle } from "../pickle/decode.ts";
import { encodePickle } from "../pickle/encode.ts";
import { PyDict, PyTuple } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";

/** What a Python function is called with. */
export interface CallArguments {
  readonly args: readonly PickleValue[];
  readonly kwargs: PyDict;
}

/** Packs them; one character stands for one byte. Equal arguments give equal texts. */
export function packCall({ args, kwargs }: CallArguments): string {
  return Buffer.from(encodePickle(new PyTuple([new PyTuple(args), kwargs]))).toString("latin1");
}

/** Those that were packed. */
export function unpackCall(packed: string): CallArguments {
  const value = decodePickle(Buffer.from(packed, "latin1"));
  const [args, kwargs] = value instanceof PyTuple ? value.items : [];
  if (args instanceof PyTuple && kwargs instanceof PyDict) return { args: args.items, kwargs };
  throw new Error("unpack a call: it was not packed here");
}

/** No arguments at all. */
export const NO_ARGUMENTS: string = packCall({ args: [], kwargs: new PyDict() });
