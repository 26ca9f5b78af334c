/** The control protocol on a Unix domain socket. */
import type { Socket } from "bun";
import type { Clock, Timer } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { Handle } from "./handle.ts";
import { claimSocket, socketError } from "./socket-file.ts";
import type { SocketClaim, SocketFileOptions } from "./socket-file.ts";
import { MessageSplitter, readRequest, writeReply } from "./wire.ts";

/** What the server needs. */
export interface SocketServerOptions {
  readonly file: SocketFileOptions;
  readonly handle: Handle;
  readonly clock: Clock;
  readonly log: Log;
}

/** More open connections than any site needs; the next one is turned away. */
const CONNECTIONS_MAX = 2_000;
/** A message that has begun must be whole by then. */
const MESSAGE_TIMEOUT_MS = 5_000;
/** A client that does not read its answers is cut off when so much waits for it: a list of 100,000 schedules fits. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Only the owner may connect until group and permissions are set. */
const BIRTH_UMASK = 0o177;

interface Connection {
  readonly splitter: MessageSplitter;
  readonly waiting: Buffer[];
  waitingBytes: number;
  deadline: Timer | null;
  /** Answers leave in the order of their requests. */
  turn: Promise<void>;
  isEnding: boolean;
}

type ControlSocket = Socket<Connection>;

/** The server; one per daemon. */
export class SocketServer implements Service {
  readonly name = "control socket";
  readonly #options: SocketServerOptions;
  readonly #sockets = new Set<ControlSocket>();

  constructor(options: SocketServerOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { file, log } = this.#options;
    const claim = claimSocket(file);
    try {
      const server = this.#listen(claim);
      log.info("listening", { socket: file.path });
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      server.stop();
      await Promise.all([...this.#sockets].map((socket) => socket.data.turn));
      for (const socket of this.#sockets) socket.end();
    } finally {
      claim.release();
    }
  }

  #listen(claim: SocketClaim): { stop(): void } {
    const { path } = this.#options.file;
    const umask = process.umask(BIRTH_UMASK);
    try {
      const server = Bun.listen<Connection>({
        unix: path,
        // Otherwise the rest of a long answer is lost when the client has nothing more to say.
        allowHalfOpen: true,
        socket: {
          open: (socket) => this.#opened(socket),
          data: (socket, bytes) => this.#received(socket, bytes),
          drain: (socket) => this.#flush(socket),
          end: (socket) => this.#finish(socket),
          close: (socket) => this.#closed(socket),
          error: (socket) => this.#closed(socket),
        },
      });
      claim.open();
      return server;
    } catch (error) {
      throw socketError(path, error);
    } finally {
      process.umask(umask);
    }
  }

  #opened(socket: ControlSocket): void {
    socket.data = {
      splitter: new MessageSplitter(),
      waiting: [],
      waitingBytes: 0,
      deadline: null,
      turn: Promise.resolve(),
      isEnding: false,
    };
    this.#sockets.add(socket);
    if (this.#sockets.size > CONNECTIONS_MAX) socket.end();
  }

  #closed(socket: ControlSocket): void {
    socket.data.deadline?.cancel();
    this.#sockets.delete(socket);
  }

  #received(socket: ControlSocket, bytes: Uint8Array): void {
    const { data } = socket;
    let messages: string[];
    try {
      messages = data.splitter.push(bytes);
    } catch (error) {
      this.#options.log.debug(`closing a connection: ${describeError(error)}`);
      this.#finish(socket);
      return;
    }
    for (const message of messages) {
      data.turn = data.turn.then(() => this.#answer(socket, message));
    }
    this.#watchDeadline(socket);
  }

  #watchDeadline(socket: ControlSocket): void {
    const { data } = socket;
    if (!data.splitter.isHalfway) {
      data.deadline?.cancel();
      data.deadline = null;
    } else {
      data.deadline ??= this.#options.clock.timer(MESSAGE_TIMEOUT_MS, () => socket.end());
    }
  }

  async #answer(socket: ControlSocket, message: string): Promise<void> {
    const request = readRequest(message);
    const text = request === null ? null : writeReply(request, await this.#options.handle(request));
    if (text === null) this.#finish(socket);
    else this.#send(socket, Buffer.from(text));
  }

  #send(socket: ControlSocket, bytes: Buffer): void {
    const { data } = socket;
    data.waiting.push(bytes);
    data.waitingBytes += bytes.length;
    if (data.waitingBytes > WAITING_BYTES_MAX) {
      this.#options.log.warn("closing a connection: the client does not read its answers");
      socket.terminate();
      return;
    }
    this.#flush(socket);
  }

  #flush(socket: ControlSocket): void {
    const { data } = socket;
    for (let next = data.waiting[0]; next !== undefined; next = data.waiting[0]) {
      const written = Math.max(socket.write(next), 0);
      data.waitingBytes -= written;
      if (written < next.length) {
        data.waiting[0] = next.subarray(written);
        return;
      }
      data.waiting.shift();
    }
    if (data.isEnding) socket.end();
  }

  /** Closes once everything asked for is answered and sent. */
  #finish(socket: ControlSocket): void {
    void this.#endAfter(socket, socket.data.turn);
  }

  async #endAfter(socket: ControlSocket, turn: Promise<void>): Promise<void> {
    await turn;
    socket.data.isEnding = true;
    this.#flush(socket);
  }
}
