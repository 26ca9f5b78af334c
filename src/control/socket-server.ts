/** The control protocol on a Unix domain socket. */
import { settledWithin } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { Asker } from "./command.ts";
import { Connection } from "./connection.ts";
import type { ControlSocket } from "./connection.ts";
import type { Handle } from "./handle.ts";
import { claimSocket, socketError } from "./socket-file.ts";
import type { SocketClaim, SocketFileOptions } from "./socket-file.ts";
import { readRequest, writeReply } from "./wire.ts";

/** What the server needs. */
export interface SocketServerOptions {
  readonly file: SocketFileOptions;
  readonly handle: Handle;
  readonly clock: Clock;
  readonly log: Log;
}

/** More open connections than any site needs; the next one takes the place of the one that was silent longest. */
const CONNECTIONS_MAX = 2_000;
/** What may wait for all clients together. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
/** What a client waits for may never come once the daemon ends. */
const END_TIMEOUT_MS = 1_000;
/** Only the owner may connect until group and permissions are set. */
const BIRTH_UMASK = 0o177;

/** The server; one per daemon. */
export class SocketServer implements Service {
  readonly name = "control socket";
  readonly #options: SocketServerOptions;
  /** In the order of their last message. */
  readonly #sockets = new Set<ControlSocket>();
  #waitingBytes = 0;

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
      const answers = [...this.#sockets].map((socket) => socket.data.settled());
      await settledWithin(answers, { clock: this.#options.clock, timeoutMs: END_TIMEOUT_MS });
      for (const socket of this.#sockets) socket.data.end();
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
          drain: (socket) => socket.data.flush(),
          end: (socket) => socket.data.end(),
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
    const { clock, log } = this.#options;
    socket.data = new Connection(socket, {
      clock,
      answer: (message, asker) => this.#answer(message, asker),
      onCut: (reason) => log.debug(`closing a connection: ${reason}`),
      reserve: (bytes) => this.#reserve(bytes),
    });
    this.#sockets.add(socket);
    if (this.#sockets.size > CONNECTIONS_MAX) this.#makeRoom(socket);
  }

  #makeRoom(newcomer: ControlSocket): void {
    const victim = this.#silent(newcomer) ?? newcomer;
    this.#sockets.delete(victim);
    victim.data.cut("there are too many connections");
  }

  #silent(newcomer: ControlSocket): ControlSocket | null {
    for (const socket of this.#sockets) {
      if (socket.data.isIdle && socket !== newcomer) return socket;
    }
    return null;
  }

  #closed(socket: ControlSocket): void {
    socket.data.closed();
    this.#sockets.delete(socket);
  }

  #received(socket: ControlSocket, bytes: Uint8Array): void {
    if (this.#sockets.delete(socket)) this.#sockets.add(socket);
    socket.data.received(bytes);
  }

  #reserve(bytes: number): boolean {
    this.#waitingBytes += bytes;
    return this.#waitingBytes <= WAITING_BYTES_MAX;
  }

  async #answer(message: string, asker: Asker): Promise<string | null> {
    const request = readRequest(message);
    if (request === null) return null;
    return writeReply(request, await this.#options.handle(request, asker));
  }
}
