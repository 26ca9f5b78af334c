/** An interactive shell in a real pseudo-terminal, with the completion of dist/btu. */
import { dirname } from "node:path";
import { eventually } from "../support/eventually.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { tempDir } from "../support/temp-dir.ts";

const COLUMNS = 120;
const ROWS = 50;
const TO_LINE_START = "\u0001";
const WAIT_MS = 20_000;

/** How each is started and made to complete; listing asks nothing and needs no second key. */
const ZSH_SETUP =
  "bindkey -e; unsetopt auto_remove_slash list_ambiguous; unset zle_bracketed_paste; LISTMAX=0; zstyle ':completion:*' insert-tab false; autoload -U compinit";

const SHELLS = {
  bash: {
    command: ["bash", "--noprofile", "--norc", "-i"],
    setup:
      "bind 'set show-all-if-ambiguous on' 'set page-completions off' 'set completion-query-items 0'; source <(btu completion bash)",
  },
  zsh: {
    command: ["zsh", "-f", "-i"],
    setup: `${ZSH_SETUP}; compinit -u -D; source <(btu completion zsh)`,
  },
  "zsh, from a folder of its own": {
    command: ["zsh", "-f", "-i"],
    setup: `${ZSH_SETUP}; btu completion zsh > _btu; fpath=($PWD $fpath); compinit -u -D`,
  },
} as const;

/** What came of a line after the tabulator key. */
export interface Completed {
  /** The line as the shell would run it, words divided by one blank each. */
  readonly line: string;
  /** Everything that was seen meanwhile. */
  readonly shown: string;
}

/** Types a line and the tabulator key. */
export async function typeAndTab(
  shell: keyof typeof SHELLS,
  typed: string,
  { configPath, cwd }: { readonly configPath: string; readonly cwd?: string },
): Promise<Completed> {
  using dir = tempDir();
  const { command, setup } = SHELLS[shell];
  const decoder = new TextDecoder();
  let text = "";
  await using terminal = new Bun.Terminal({
    cols: COLUMNS,
    rows: ROWS,
    data: (_, bytes) => {
      text += decoder.decode(bytes, { stream: true });
    },
  });
  const child = Bun.spawn([...command], {
    terminal,
    cwd: cwd ?? dir.path,
    env: {
      ...process.env,
      ...withoutOwnSettings({ BTU_SCHEDULER_CONFIG: configPath }),
      TERM: "xterm",
      HOME: dir.path,
      PATH: `${dirname(executable("btu"))}:${process.env["PATH"]}`,
    },
  });
  const waitFor = (pattern: RegExp, from: number): Promise<RegExpExecArray> =>
    eventually(() => pattern.exec(Bun.stripANSI(text).slice(from)), {
      timeoutMs: WAIT_MS,
      what: `${shell} shows ${pattern.source} after "${typed}"`,
    });
  // Typed with quotes within the words, so that only what is printed matches.
  terminal.write(`${setup}; echo "REA""DY"\n`);
  await waitFor(/^READY\r?$/m, 0);
  const from = Bun.stripANSI(text).length;
  terminal.write(`${typed}\t${TO_LINE_START}echo "LI""NE" \n`);
  const [, line = ""] = await waitFor(/^LINE ?(.*?) *\r?$/m, from);
  const shown = Bun.stripANSI(text).slice(from);
  child.kill("SIGKILL");
  await child.exited;
  return { line, shown };
}
