/** A terminal's screen: what stands on it after the few sequences that our programs write. */

const ESC = "\u001b";
/** `ESC [ ? 2026 h`, `ESC [ K`. */
const SEQUENCE = /^\[(\??)([\d;]*)([A-Za-z])/;

/** Takes what a program writes. */
export class ScreenEmulator {
  #rows: string[] = [""];
  #row = 0;
  #column = 0;
  /** Modes that are on, such as 1049 (a screen of its own); 25 is the cursor and on at first. */
  readonly modes = new Set([25]);
  /** Times that a whole screen was wiped, which people see as flicker. */
  wipes = 0;

  /** What stands there, without blanks at the ends. */
  get text(): string {
    return this.#rows
      .map((row) => row.trimEnd())
      .join("\n")
      .trimEnd();
  }

  write(text: string): void {
    for (let at = 0; at < text.length;) {
      const char = text.charAt(at);
      const sequence = char === ESC ? SEQUENCE.exec(text.slice(at + 1)) : null;
      if (sequence === null) this.#put(char);
      else this.#control(sequence[1] === "?", sequence[2] ?? "", sequence[3] ?? "");
      at += sequence === null ? 1 : sequence[0].length + 1;
    }
  }

  #put(char: string): void {
    if (char === "\r") this.#column = 0;
    else if (char === "\n") this.#row += 1;
    else {
      const row = (this.#rows[this.#row] ?? "").padEnd(this.#column);
      this.#rows[this.#row] = row.slice(0, this.#column) + char + row.slice(this.#column + 1);
      this.#column += 1;
    }
    while (this.#rows.length <= this.#row) this.#rows.push("");
  }

  #control(isMode: boolean, numbers: string, command: string): void {
    if (isMode) {
      if (command === "h") this.modes.add(Number(numbers));
      else this.modes.delete(Number(numbers));
      if (numbers === "1049") this.#clear();
      return;
    }
    if (command === "H") [this.#row, this.#column] = [0, 0];
    if (command === "K")
      this.#rows[this.#row] = (this.#rows[this.#row] ?? "").slice(0, this.#column);
    if (command === "J" && numbers === "") this.#rows = this.#rows.slice(0, this.#row);
    if (command === "J" && numbers !== "") this.wipes += 1;
    while (this.#rows.length <= this.#row) this.#rows.push("");
  }

  #clear(): void {
    this.#rows = [""];
    [this.#row, this.#column] = [0, 0];
  }
}
