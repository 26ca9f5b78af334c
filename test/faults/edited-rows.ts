/** Rows of a site that are edited while they run. */
import { SUMMER_NOW } from "../support/btu-site.ts";
import type { Chance } from "./chance.ts";
import { cronOf, makePeriodic } from "./periodic.ts";
import type { Periodic } from "./periodic.ts";
import { insertion, TABLE } from "./site-field.ts";

const CHANGING = 20;

/** The rows of the site as they are now. */
export class EditedRows {
  /** Those whose rule stays as it is, and those that came. */
  readonly fixed: Periodic[];
  readonly changing: Periodic[];
  readonly #periods: readonly number[];
  readonly #off = new Set<string>();
  #inserted = 0;

  constructor(count: number, periods: readonly number[]) {
    this.#periods = periods;
    this.fixed = makePeriodic(count, periods);
    this.changing = makePeriodic(CHANGING, periods, "C");
  }

  /** Whether it is one of those whose rule changes. */
  isChanging(id: string): boolean {
    return id.startsWith("C");
  }

  /** A statement that changes something; from then on the rows count as changed. */
  edit(chance: Chance): string {
    const index = Math.floor(chance.between(0, this.changing.length));
    const row = this.changing[index] as Periodic;
    const kind = chance.pick(["cron", "disable or enable", "insert"]);
    if (kind === "insert") return this.#insert();
    if (kind === "cron") return this.#newCron(index, chance);
    const isOff = this.#off.delete(row.id);
    if (!isOff) this.#off.add(row.id);
    return this.#update(row.id, `enabled = ${isOff ? 1 : 0}`);
  }

  /** Each active row and its cron text, one in a line. */
  get wanted(): string {
    const active = [...this.fixed, ...this.changing].filter(({ id }) => !this.#off.has(id));
    return active
      .map((row) => `${row.id} ${cronOf(row)}`)
      .toSorted()
      .join("\n");
  }

  #insert(): string {
    this.#inserted += 1;
    const [periodSeconds, queue] = [3, "default"];
    const id = `N${String(this.#inserted).padStart(5, "0")}`;
    const row = { id, periodSeconds, phase: this.#inserted % periodSeconds, queue };
    this.fixed.push(row);
    return insertion([row], "v16");
  }

  #newCron(index: number, chance: Chance): string {
    const row = this.changing[index] as Periodic;
    const periodSeconds = chance.pick(this.#periods);
    const phase = Math.floor(chance.between(0, periodSeconds));
    this.changing[index] = { ...row, periodSeconds, phase };
    return this.#update(row.id, `cron_string = '${cronOf({ ...row, periodSeconds, phase })}'`);
  }

  #update(id: string, change: string): string {
    return `UPDATE ${TABLE} SET ${change}, modified = ${SUMMER_NOW} WHERE name = '${id}';`;
  }
}
