/** What all servers started by tests have in common: they can be killed, frozen and started again where they were. */
import { startChild } from "./child.ts";
import type { Child, ChildOptions } from "./child.ts";

/** How to start a server, and how to know that it takes connections. */
export interface PrivateServerOptions {
  readonly start: ChildOptions;
  readonly ready: (child: Child) => Promise<unknown>;
  /** The signal that ends it in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** Runs at the very end: removes folders. */
  readonly cleanUp: () => void;
}

/** A server process that belongs to one test. */
export class PrivateServer implements AsyncDisposable {
  readonly #options: PrivateServerOptions;
  #child: Child;

  private constructor(options: PrivateServerOptions, child: Child) {
    this.#options = options;
    this.#child = child;
  }

  /** Starts it and waits until it takes connections. */
  static async start(options: PrivateServerOptions): Promise<PrivateServer> {
    const child = startChild(options.start);
    try {
      await options.ready(child);
    } catch (error) {
      await child.end("SIGKILL");
      options.cleanUp();
      throw error;
    }
    return new PrivateServer(options, child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed since its last start. */
  output(): string {
    return this.#child.output();
  }

  /** Ends it as a crash would; what it had not yet written to disk is gone. */
  async kill(): Promise<void> {
    await this.#child.end("SIGKILL");
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    await this.#child.end(this.#options.stopSignal);
  }

  /** Starts it again at the same place, with the same data; kills it first if it still runs. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = startChild(this.#options.start);
    await this.#options.ready(this.#child);
  }

  /** Freezes it: connections stay open and nothing is answered. */
  pause(): void {
    this.#child.signal("SIGSTOP");
  }

  /** Lets a frozen server go on. */
  resume(): void {
    this.#child.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#options.cleanUp();
  }
}
