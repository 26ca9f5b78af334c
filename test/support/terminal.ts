/** Programs run in a real pseudo-terminal. */
import { withoutOwnSettings } from "./executables.ts";
import { ScreenEmulator } from "./screen-emulator.ts";

/** How a program is run. */
export interface TerminalOptions {
  readonly command: readonly string[];
  readonly columns: number;
  /** Added to the test's own environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Typed once the first has been seen, such as Ctrl-C. */
  readonly typed?: { readonly after: RegExp; readonly keys: string };
}

/** What was seen on the terminal. */
export interface Seen {
  readonly code: number;
  /** With colours, line ends as the program wrote them. */
  readonly text: string;
  /** The same without colours. */
  readonly plain: string;
}

const ROWS = 50;
/** Printed last, so that all before it has arrived when it has. */
const END = "\u0004end-of-output\u0004";

/** Runs a program to its end in a terminal of so many columns. */
export async function runInTerminal(options: TerminalOptions): Promise<Seen> {
  const { command, columns, env } = options;
  let typed = options.typed;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  let text = "";
  await using terminal = new Bun.Terminal({
    cols: columns,
    rows: ROWS,
    data: (term, bytes) => {
      text += decoder.decode(bytes, { stream: true });
      if (typed?.after.test(text) === true) {
        term.write(typed.keys);
        typed = undefined;
      }
      if (text.includes(END)) resolve();
    },
  });
  // Ctrl-C is for the program: the shell lives on to tell how that ended.
  const script = `trap : INT; "$@"; code=$?; printf '%s' '${END}'; exit $code`;
  // Keys become signals only for those whose own terminal it is.
  const own = options.typed === undefined ? [] : ["setsid", "--ctty", "--wait"];
  const child = Bun.spawn([...own, "sh", "-c", script, "sh", ...command], {
    terminal,
    env: { ...process.env, TERM: "xterm-256color", ...withoutOwnSettings(env) },
  });
  const code = await child.exited;
  await ended;
  const shown = text.replace(END, "").replaceAll("\r\n", "\n");
  return { code, text: shown, plain: Bun.stripANSI(shown) };
}

/** A program that goes on in a terminal. */
export interface OpenTerminal extends AsyncDisposable {
  /** What stands on the screen. */
  readonly screen: ScreenEmulator;
  /** Everything that was written, with its sequences. */
  written(): string;
  resize(columns: number, rows: number): void;
  /** What somebody types; `\u0003` is Ctrl-C. */
  type(text: string): void;
  readonly exited: Promise<number>;
}

/** Starts a program in a terminal; it is killed when the terminal is disposed of. */
export function openInTerminal({ command, columns, env }: TerminalOptions): OpenTerminal {
  const decoder = new TextDecoder();
  const screen = new ScreenEmulator();
  let text = "";
  const terminal = new Bun.Terminal({
    cols: columns,
    rows: ROWS,
    data: (_, bytes) => {
      const more = decoder.decode(bytes, { stream: true });
      text += more;
      screen.write(more);
    },
  });
  // Without a terminal of its own that controls it, Ctrl-C would reach nobody.
  const child = Bun.spawn(["setsid", "--ctty", "--wait", ...command], {
    terminal,
    env: { ...process.env, TERM: "xterm-256color", ...withoutOwnSettings(env) },
  });
  return {
    screen,
    written: () => text,
    resize: (nextColumns, rows) => terminal.resize(nextColumns, rows),
    type: (typed) => void terminal.write(typed),
    exited: child.exited,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      terminal.close();
    },
  };
}
