/** What is said of one key of the configuration, and the types that follow from it. */
import type { Kind } from "./kind.ts";

/** All that is known of one key; the example file, the documentation and the static type derive from it. */
export interface Key<T, D extends T | null = T | null> {
  readonly kind: Kind<T>;
  /** Null: without a value it is not set. */
  readonly default: D;
  /** One sentence for the administrator. */
  readonly about: string;
  /** What holds while it is not set. */
  readonly whenUnset?: string;
  /** A value for the example file, for keys without a default. */
  readonly example?: T;
  /** Other names that mean the same. */
  readonly aliases?: readonly string[];
  /** Never shown; can also be given as `<key>_file`. */
  readonly secret?: true;
  /** A running daemon takes a new value over; otherwise it needs a restart. */
  readonly live?: true;
  /** Stands at the top of the example file, with a value. */
  readonly starter?: true;
}

/** Keeps the exact type of a key's default, which decides whether its value can be null. */
export function key<T, const D extends T | null>(
  kind: Kind<T>,
  rest: Omit<Key<T, D>, "kind">,
): Key<T, D> {
  return { kind, ...rest };
}

/** The values of a table of keys. */
export type ValuesOf<Keys> = {
  readonly [Name in keyof Keys]: Keys[Name] extends Key<infer T, infer D>
    ? [D] extends [null]
      ? T | null
      : T
    : never;
};
