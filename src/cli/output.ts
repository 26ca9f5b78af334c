/** The only place of the command line program that prints. */
import { makeRedact } from "../base/redact.ts";
import type { Redact } from "../base/redact.ts";
import type { Environment } from "../config/given.ts";
import { makeStyle } from "./style.ts";
import type { Style } from "./style.ts";
import { cut } from "./text.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
/** To the beginning of the line, which is wiped. */
const WIPE_LINE = "\r\u001b[2K";
/** Where a terminal does not tell its width. */
const WIDTH_DEFAULT = 80;
/** Where it does not tell its height. */
const ROWS_DEFAULT = 24;
/** Below this, half words are all that could be shown. */
const WIDTH_MIN = 20;
/**
 * A shorter secret is not blotted out of results: it may well be a word that stands there anyway, such as a queue's name, and
 * the blot would falsify the result and give the secret away.
 */
const RESULT_SECRET_LENGTH_MIN = 8;

/** Nobody reads our output any more: the program ends quietly. */
export class ClosedPipeError extends Error {
  override readonly name = "ClosedPipeError";
}

/** What the system gives; tests give something else. */
export interface Screen {
  readonly env: Environment;
  isTerminal(handle: number): boolean;
  /** Null when unknown. */
  columns(handle: number): number | null;
  /** Null when unknown. */
  rows?(handle: number): number | null;
  /** False when nobody reads any more. */
  write(handle: number, text: string): boolean;
}

/** What the person who calls has chosen. */
export interface OutputChoices {
  readonly color?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

function columnsOf({ env }: Screen): number | null {
  const columns = Number(env["COLUMNS"]);
  return Number.isInteger(columns) && columns > 0 ? columns : null;
}

function widthOf(screen: Screen, isTerminal: boolean): number {
  if (!isTerminal) return columnsOf(screen) ?? Infinity;
  return Math.max(screen.columns(STDOUT) ?? columnsOf(screen) ?? WIDTH_DEFAULT, WIDTH_MIN);
}

/** Standard output for results, standard error for everything else. */
export class Output {
  readonly #screen: Screen;
  readonly isQuiet: boolean;
  readonly isTerminal: boolean;
  /** For standard output. */
  readonly style: Style;
  /** For standard error. */
  readonly errorStyle: Style;
  /** Whether somebody sits there who can be asked. */
  readonly canAsk: boolean;
  readonly canShowProgress: boolean;
  #isProgressShown = false;
  #hasResults = false;
  readonly #noted = new Set<string>();
  #width: number | null = null;
  #redactResults: Redact = (text) => text;
  #redact: Redact = (text) => text;

  constructor(screen: Screen, { color, quiet = false }: OutputChoices = {}) {
    this.#screen = screen;
    this.isQuiet = quiet;
    this.isTerminal = screen.isTerminal(STDOUT);
    const { env } = screen;
    this.style = makeStyle({ isTerminal: this.isTerminal, env, color });
    const isErrorTerminal = screen.isTerminal(STDERR);
    this.errorStyle = makeStyle({ isTerminal: isErrorTerminal, env, color });
    this.canAsk = isErrorTerminal && screen.isTerminal(STDIN);
    this.canShowProgress = isErrorTerminal && !quiet && env["TERM"] !== "dumb";
  }

  /** Whether the cursor can be moved there. */
  get canDraw(): boolean {
    return this.isTerminal && this.#screen.env["TERM"] !== "dumb";
  }

  /** Columns to fill at most; Infinity where output is no terminal, unless COLUMNS says otherwise. */
  get width(): number {
    this.#width ??= widthOf(this.#screen, this.isTerminal);
    return this.#width;
  }

  /** As the terminal is at this moment: it may be resized. */
  get size(): { readonly width: number; readonly rows: number } {
    const rows = this.#screen.rows?.(STDOUT) ?? ROWS_DEFAULT;
    return { width: widthOf(this.#screen, this.isTerminal), rows };
  }

  /** Texts that must not appear in any output from now on. */
  hide(secrets: readonly string[]): void {
    this.#redact = makeRedact(secrets);
    const long = secrets.filter((secret) => secret.length >= RESULT_SECRET_LENGTH_MIN);
    this.#redactResults = makeRedact(long);
  }

  /**
   * Writes a result as it is.
   *
   * @throws ClosedPipeError when nobody reads it.
   */
  write(text: string): void {
    this.clearProgress();
    this.#hasResults = true;
    if (!this.#put(this.#redactResults(text))) {
      throw new ClosedPipeError("nobody reads the output");
    }
  }

  #put(text: string): boolean {
    try {
      return this.#screen.write(STDOUT, text);
    } catch (error) {
      throw new Error("write the result to standard output", { cause: error });
    }
  }

  /** Writes lines of a result. */
  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.write(`${lines.join("\n")}\n`);
  }

  /** Writes a result for programs: indented for a person who looks at it, else on one line. */
  json(value: unknown): void {
    this.write(`${JSON.stringify(value, null, this.isTerminal ? 2 : undefined)}\n`);
  }

  /** Writes lines of help to somebody who did not ask for it. */
  explain(lines: readonly string[]): void {
    this.#tell(lines.join("\n"));
  }

  /** Says something beside the result, once, unless told to be quiet. */
  note(text: string): void {
    if (this.isQuiet || this.#noted.has(text)) return;
    this.#noted.add(text);
    this.#tell(`${this.errorStyle.dim("note:")} ${text}`);
  }

  /** Says what somebody should look at, unless told to be quiet. */
  warn(text: string): void {
    if (!this.isQuiet) this.#tell(`${this.errorStyle.yellow("warning:")} ${text}`);
  }

  /** Says why a command failed; the lines after the first say what to do. */
  error(text: string): void {
    this.#tell(`${this.errorStyle.red("btu:")} ${text}`);
  }

  /** Whether anything was written to standard output. */
  get hasResults(): boolean {
    return this.#hasResults;
  }

  /** Asks something; the answer is typed behind it. */
  prompt(text: string): void {
    this.clearProgress();
    this.#toErrors(text);
  }

  /** Shows a line that the next output takes the place of. */
  showProgress(text: string): void {
    if (!this.canShowProgress) return;
    const columns = this.#screen.columns(STDERR) ?? WIDTH_DEFAULT;
    // The last column stays free: some terminals wrap when it is written to.
    this.#toErrors(`${WIPE_LINE}${this.errorStyle.dim(cut(text, columns - 1))}`);
    this.#isProgressShown = true;
  }

  /** Takes that line away. */
  clearProgress(): void {
    if (this.#isProgressShown) this.#toErrors(WIPE_LINE);
    this.#isProgressShown = false;
  }

  #tell(text: string): void {
    this.clearProgress();
    this.#toErrors(`${text}\n`);
  }

  #toErrors(text: string): void {
    try {
      this.#screen.write(STDERR, this.#redact(text));
    } catch {
      // With nobody to hear of it there is nothing left to do.
    }
  }
}
