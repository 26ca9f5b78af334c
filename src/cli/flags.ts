/** The values of a command's flags and words, read by name. */
import { UsageError } from "../base/errors.ts";

/** The bounds of a number. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** `zoneData` as it is typed: `--zone-data`. */
export function flagName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What was given; `Name` are the names that the command defines. */
export class Flags<Name extends string> {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Whether a switch was given. */
  on(name: Name): boolean {
    return this.#values[name] === true;
  }

  /** The value of a flag or a word; null when it was not given. */
  text(name: Name): string | null {
    const value = this.#values[name];
    return typeof value === "string" ? value : null;
  }

  /** The value of a flag with a fixed choice, which `args.ts` has checked. */
  choice<T extends string>(name: Name, choices: readonly T[]): T | null {
    const value = this.text(name);
    return choices.find((choice) => choice === value) ?? null;
  }

  /** @throws UsageError when the value is no whole number within the bounds. */
  integer(name: Name, { min, max }: Bounds): number | null {
    const value = this.text(name);
    if (value === null) return null;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new UsageError(`${flagName(name)} "${value}": expected a whole number ${min}-${max}`);
  }
}
