/** One client's connection: what it has asked, what waits to be sent to it, and how long it may take. */
import type { Socket } from "bun";
import type { Clock, Timer } from "../base/clock.ts";
import { peerCredentials } from "../base/system-calls.ts";
import type { Asker } from "./command.ts";
import { MessageSplitter } from "./message-splitter.ts";

/** What a connection needs. */
export interface ConnectionOptions {
  readonly clock: Clock;
  /** The answer's text; null when there is none and the connection is to be closed. */
  readonly answer: (message: string, asker: Asker) => Promise<string | null>;
  /** Told why a connection is cut off, for those who look for a fault. */
  readonly onCut: (reason: string) => void;
  /** Takes so many bytes more (or less) that wait for all clients together; false when they are too many. */
  readonly reserve: (bytes: number) => boolean;
}

/** A message that has begun must be whole by then. */
const MESSAGE_TIMEOUT_MS = 5_000;
/** A client that takes none of its answers for so long is gone. */
const SEND_TIMEOUT_MS = 10_000;
/** After our end of the connection is closed the client has this long to close its own. */
const CLOSE_TIMEOUT_MS = 1_000;
/** A client that does not read its answers is cut off when so much waits for it: a list of 100,000 schedules fits. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Nothing more is read from a client while so many of its messages wait for their turn. */
const MESSAGES_MAX = 100;

/** A socket of the server. */
export type ControlSocket = Socket<Connection>;

/** The connection of one socket; the server passes on what happens to it. */
export class Connection {
  readonly #socket: ControlSocket;
  readonly #options: ConnectionOptions;
  readonly #splitter = new MessageSplitter();
  #asker: Asker | null = null;
  readonly #messages: string[] = [];
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #deadline: Timer | null = null;
  #sendDeadline: Timer | null = null;
  #isPaused = false;
  #isEnding = false;
  #isClosed = false;
  #work: Promise<void> | null = null;

  constructor(socket: ControlSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Whether nothing is asked and nothing waits. */
  get isIdle(): boolean {
    return this.#work === null && this.#waiting.length === 0 && !this.#splitter.isHalfway;
  }

  /** Takes bytes from the client. */
  received(bytes: Uint8Array): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#messages.push(...this.#splitter.push(bytes));
    this.#start();
    this.#watchMessage();
    if (this.#splitter.fault !== null) this.end();
  }

  /** The client has nothing more to say, or nothing that we understand: closes once all is answered and sent. */
  end(): void {
    this.#isEnding = true;
    this.#deadline?.cancel();
    if (this.#work === null) this.flush();
  }

  /** Resolves when what was asked so far is answered. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** The socket is closed. */
  closed(): void {
    this.#isClosed = true;
    this.#messages.length = 0;
    this.#waiting.length = 0;
    this.#options.reserve(-this.#waitingBytes);
    this.#waitingBytes = 0;
    this.#deadline?.cancel();
    this.#sendDeadline?.cancel();
  }

  /** Closes it now, whatever waits. */
  cut(reason: string): void {
    if (this.#isClosed) return;
    this.#options.onCut(reason);
    this.#socket.terminate();
    this.closed();
  }

  /** Sends what the socket takes. */
  flush(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const written = Math.max(this.#socket.write(next), 0);
      this.#waitingBytes -= written;
      this.#options.reserve(-written);
      if (written > 0) this.#cancelSendDeadline();
      if (written < next.length) {
        this.#waiting[0] = next.subarray(written);
        this.#watchSending();
        return;
      }
      this.#waiting.shift();
    }
    if (this.#isEnding && this.#work === null) this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#socket.end();
    this.#deadline?.cancel();
    this.#deadline = this.#options.clock.timer(CLOSE_TIMEOUT_MS, () => {
      if (!this.#isClosed) this.#socket.terminate();
    });
  }

  #cancelSendDeadline(): void {
    this.#sendDeadline?.cancel();
    this.#sendDeadline = null;
  }

  #watchSending(): void {
    this.#sendDeadline ??= this.#options.clock.timer(SEND_TIMEOUT_MS, () => {
      this.cut("the client does not read its answers");
    });
  }

  #watchMessage(): void {
    if (!this.#splitter.isHalfway) {
      this.#deadline?.cancel();
      this.#deadline = null;
    } else {
      this.#deadline ??= this.#options.clock.timer(MESSAGE_TIMEOUT_MS, () => {
        this.#options.onCut("a message was not whole in time");
        this.end();
      });
    }
  }

  #start(): void {
    if (this.#messages.length > MESSAGES_MAX && !this.#isPaused) {
      this.#isPaused = true;
      this.#socket.pause();
    }
    this.#work ??= this.#messages.length === 0 ? null : this.#answerAll();
  }

  /** Answers leave in the order of their requests. */
  async #answerAll(): Promise<void> {
    for (let message = this.#messages.shift(); message !== undefined;) {
      const text = await this.#options.answer(message, this.#askedBy());
      if (text === null) {
        this.#messages.length = 0;
        this.#isEnding = true;
      } else this.#send(Buffer.from(text));
      message = this.#messages.shift();
    }
    this.#work = null;
    if (this.#isPaused && !this.#isClosed) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    if (this.#isEnding) this.flush();
  }

  #askedBy(): Asker {
    // It is there, though the types do not tell.
    const fd: unknown = Reflect.get(this.#socket, "fd");
    this.#asker ??= { via: "socket", peer: typeof fd === "number" ? peerCredentials(fd) : null };
    return this.#asker;
  }

  #send(bytes: Buffer): void {
    if (this.#isClosed) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    const fits = this.#options.reserve(bytes.length) && this.#waitingBytes <= WAITING_BYTES_MAX;
    if (fits) this.flush();
    else this.cut("too many answers wait for a client that does not read them");
  }
}
