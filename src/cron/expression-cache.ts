/** Equal texts share one expression: a site's ten thousand schedules are written in a few hundred ways. */
import { parseExpression } from "./expression.ts";
import type { CronExpression } from "./expression.ts";
import { FieldSets } from "./field-sets.ts";

/** Above the number of distinct texts of any site seen; a full cache takes a few megabytes. */
const EXPRESSIONS_MAX = 20_000;

/** The expressions read lately, by their text; the one unused for longest is dropped when it is full. */
export class ExpressionCache {
  readonly #known = new Map<string, CronExpression>();
  readonly #sets = new FieldSets();
  readonly #max: number;

  constructor(max: number = EXPRESSIONS_MAX) {
    this.#max = max;
  }

  /** How many expressions are kept. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * The expression of this text, the same object each time while it is kept.
   *
   * @throws CronError when the text is invalid.
   */
  get(text: string): CronExpression {
    const known = this.#known.get(text);
    const expression = known ?? parseExpression(text, this.#sets);
    if (known !== undefined) this.#known.delete(text);
    this.#known.set(text, expression);
    if (this.#known.size > this.#max) this.#dropOldest();
    return expression;
  }

  #dropOldest(): void {
    for (const text of this.#known.keys()) {
      this.#known.delete(text);
      return;
    }
  }
}
