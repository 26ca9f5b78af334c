/** A Python interpreter beside the tests, asked about CPython's own behaviour. */
import { resolve } from "node:path";
import type { PlainValue } from "./plain-value.ts";

const SCRIPT = resolve(import.meta.dir, "python/peer.py");

/** The interpreter for tests, or null when this machine has none. */
export const PYTHON: string | null = process.env["BTU_TEST_PYTHON"] ?? Bun.which("python3");

/** The minor version of the interpreter for tests: 11 for Python 3.11; 0 when there is none. */
export function pythonMinor(): number {
  if (PYTHON === null) return 0;
  const { stdout } = Bun.spawnSync([PYTHON, "-c", "import sys; print(sys.version_info[1])"]);
  return Number(stdout.toString());
}

/** What Python makes of a text: a value, or the error that it raises. */
export type Attempt = { readonly plain: PlainValue } | { readonly error: string };

/** A running interpreter; questions are answered one after the other. */
export class PythonPeer {
  readonly #process = Bun.spawn([PYTHON ?? "python3", SCRIPT], { stdin: "pipe", stdout: "pipe" });
  readonly #lines = linesOf(this.#process.stdout);

  /** What `pickle.loads` makes of the bytes. */
  loads(pickle: Uint8Array): Promise<PlainValue> {
    return this.#ask("loads", Buffer.from(pickle).toString("base64"));
  }

  /** How many lists stand in one another in the value that the bytes hold. */
  depth(pickle: Uint8Array): Promise<number> {
    return this.#ask("depth", Buffer.from(pickle).toString("base64"));
  }

  /** What `repr` makes of the value that the bytes hold. */
  repr(pickle: Uint8Array): Promise<string> {
    return this.#ask("repr", Buffer.from(pickle).toString("base64"));
  }

  /** The same value in all protocols of this Python, base64, by protocol. */
  pickles(pickle: Uint8Array): Promise<Record<string, string>> {
    return this.#ask("pickles", Buffer.from(pickle).toString("base64"));
  }

  evaluate(given: {
    readonly setup?: string;
    readonly expression: string;
  }): Promise<{ repr: string; pickles: Record<string, string> }> {
    return this.#ask("evaluate", given);
  }

  /** What `ast.literal_eval` makes of each text. */
  literals(texts: readonly string[]): Promise<Attempt[]> {
    return this.#ask("literal", texts);
  }

  /** What `json.loads` makes of each text. */
  jsons(texts: readonly string[]): Promise<Attempt[]> {
    return this.#ask("json", texts);
  }

  /** One letter per code point: p printable, e escaped, u unknown to this Python. */
  characters(): Promise<string> {
    return this.#ask("characters", null);
  }

  async stop(): Promise<void> {
    await this.#process.stdin.end();
    await this.#process.exited;
  }

  async #ask<T>(ask: string, given: unknown): Promise<T> {
    await this.#process.stdin.write(`${JSON.stringify({ ask, given })}\n`);
    await this.#process.stdin.flush();
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("the Python peer has ended");
    const reply = JSON.parse(line.value) as { answer?: T; fault?: string };
    if (reply.answer === undefined) throw new Error(`the Python peer failed: ${reply.fault}`);
    return reply.answer;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let pending: string[] = [];
  for await (const chunk of stream) {
    const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    pending.push(first);
    for (const next of others) {
      yield pending.join("");
      pending = [next];
    }
  }
}
