/** A thing that is made when it is first needed, once for all who ask meanwhile. */

/** Holds it; what could not be made is tried again for the next who asks. */
export class Later<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | null = null;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  /** @throws as `make`. */
  async get(): Promise<T> {
    this.#made ??= this.#make();
    const made = this.#made;
    try {
      return await made;
    } catch (error) {
      if (this.#made === made) this.#made = null;
      throw error;
    }
  }

  /** Gives it away, if it was made; the next who asks gets another. */
  async remove(): Promise<T | null> {
    const made = this.#made;
    this.#made = null;
    return made === null ? null : made.catch(() => null);
  }
}
