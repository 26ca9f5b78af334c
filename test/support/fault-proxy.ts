/** A TCP proxy that stands between a client and a real server and makes the network fail where a test wants it. */
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { SPLITTERS } from "./message-splitter.ts";
import type { ClientMessage, Protocol, Splitter } from "./message-splitter.ts";

/** A message that reached the proxy. */
export interface ProxyMessage extends ClientMessage {
  /** Counts from 1 over all connections; greetings do not count. */
  readonly number: number;
  /** Counts connections from 1. */
  readonly connection: number;
}

/**
 * What becomes of a message:
 * - `pass`: it goes through, and so does its answer;
 * - `hold`: it does not reach the server, nor does anything after it on this connection, until `passAll()`;
 * - `hold-reply`: the server gets it; nothing comes back on this connection until `passAll()`;
 * - `cut-before`: the connection breaks, the server never sees it;
 * - `cut-half`: the server sees half of it, then the connection breaks;
 * - `cut-after`: the server gets it and answers; the connection breaks before the client sees the answer;
 * - `{ delayReplyMs }`: answers on this connection come later by that much from now on, until `passAll()`.
 */
export type Verdict =
  | "pass"
  | "hold"
  | "hold-reply"
  | "cut-before"
  | "cut-half"
  | "cut-after"
  | { readonly delayReplyMs: number };

/** Decides on each message as it comes. */
export type Judge = (message: ProxyMessage) => Verdict;

/** Where the real server is, and what is spoken. */
export interface FaultProxyOptions {
  readonly target: { readonly port: number; readonly host?: string };
  readonly protocol: Protocol;
  /** Default: everything passes. */
  readonly judge?: Judge;
}

const pass: Judge = () => "pass";

/** The judge that does `verdict` to the n-th message from now on, counted from 1, and passes all others. */
export function atMessage(
  number: number,
  verdict: Verdict,
  wanted: (message: ProxyMessage) => boolean = () => true,
): Judge {
  let seen = 0;
  return (message) => {
    if (!wanted(message)) return "pass";
    seen += 1;
    return seen === number ? verdict : "pass";
  };
}

/** One client's way through the proxy. */
class Passage {
  readonly #number: number;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #split: Splitter;
  readonly #judge: (message: ClientMessage, connection: number) => Verdict;
  #waiting: Buffer = Buffer.alloc(0);
  /** Bytes of the message that is held: they are not judged again. */
  #heldBytes = 0;
  #replies: "pass" | "hold" | "cut" = "pass";
  #heldReplies: Buffer[] = [];
  #delayReplyMs = 0;
  /** On their way, the oldest first: nothing that comes later may overtake them. */
  readonly #delayed: Buffer[] = [];

  constructor(sockets: Sockets, number: number, rules: Rules) {
    this.#client = sockets.client;
    this.#server = sockets.server;
    this.#number = number;
    this.#split = rules.split;
    this.#judge = rules.judge;
    this.#client.on("data", (bytes: Buffer) => this.#fromClient(bytes));
    this.#server.on("data", (bytes: Buffer) => this.#fromServer(bytes));
    this.#tie(this.#client, this.#server);
    this.#tie(this.#server, this.#client);
  }

  /** Breaks both sides at once. */
  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  /** Lets go of everything that is held. */
  passAll(): void {
    const held = this.#waiting.subarray(0, this.#heldBytes);
    this.#waiting = this.#waiting.subarray(this.#heldBytes);
    this.#heldBytes = 0;
    this.#replies = "pass";
    this.#delayReplyMs = 0;
    for (const bytes of this.#heldReplies.splice(0)) this.#client.write(bytes);
    if (held.length > 0) this.#server.write(held);
    this.#forward();
  }

  #tie(socket: Socket, other: Socket): void {
    socket.setNoDelay(true);
    socket.on("error", () => other.destroy());
    // What was written to the other side still goes out.
    socket.on("close", () => other.end());
  }

  #fromClient(bytes: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (this.#heldBytes === 0) this.#forward();
  }

  #forward(): void {
    while (this.#waiting.length > 0) {
      const message = this.#split(this.#waiting);
      if (message === null) return;
      const verdict = message.name === "" ? "pass" : this.#judge(message, this.#number);
      if (verdict === "hold") {
        this.#heldBytes = message.bytes.length;
        return;
      }
      this.#waiting = this.#waiting.subarray(message.bytes.length);
      if (!this.#carryOut(verdict, message.bytes)) return;
    }
  }

  /** False when nothing more may be forwarded. */
  #carryOut(verdict: Exclude<Verdict, "hold">, bytes: Buffer): boolean {
    if (verdict === "cut-before") {
      this.cut();
      return false;
    }
    if (verdict === "cut-half") {
      this.#server.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => this.cut());
      return false;
    }
    if (verdict === "cut-after") this.#replies = "cut";
    else if (verdict === "hold-reply") this.#replies = "hold";
    else if (verdict !== "pass") this.#delayReplyMs = verdict.delayReplyMs;
    this.#server.write(bytes);
    return verdict !== "cut-after";
  }

  #fromServer(bytes: Buffer): void {
    if (this.#replies === "cut") {
      // Half closed: the server carries out what it has got, then closes; only then the client may learn of it.
      this.#server.once("close", () => this.#client.resetAndDestroy());
      this.#server.end();
    } else if (this.#replies === "hold") {
      this.#heldReplies.push(bytes);
    } else if (this.#delayReplyMs === 0 && this.#delayed.length === 0) {
      this.#client.write(bytes);
    } else {
      this.#delayed.push(bytes);
      setTimeout(() => this.#writeDelayed(), this.#delayReplyMs);
    }
  }

  #writeDelayed(): void {
    const bytes = this.#delayed.shift();
    if (bytes !== undefined) this.#client.write(bytes);
  }
}

interface Sockets {
  readonly client: Socket;
  readonly server: Socket;
}

interface Rules {
  readonly split: Splitter;
  readonly judge: (message: ClientMessage, connection: number) => Verdict;
}

/** A proxy on a free port; `await using proxy = await FaultProxy.start({ target: redis, protocol: "redis" })`. */
export class FaultProxy implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  /** Every message that came, in its order; what a test looked at it may `splice` away. */
  readonly messages: ProxyMessage[] = [];
  /** Those that did not simply pass. */
  readonly struck: ProxyMessage[] = [];
  readonly #options: FaultProxyOptions;
  readonly #passages = new Set<Passage>();
  #judge: Judge;
  #listener: Server | null = null;
  #connections = 0;
  #count = 0;

  private constructor(options: FaultProxyOptions, port: number) {
    this.#options = options;
    this.#judge = options.judge ?? pass;
    this.port = port;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options, await freePort());
    await proxy.accept();
    return proxy;
  }

  /** From now on this one decides; counting in `atMessage` begins anew. */
  judge(judge: Judge): void {
    this.#judge = judge;
  }

  /** Everything passes again, and what is held goes on its way. */
  passAll(): void {
    this.#judge = pass;
    for (const passage of this.#passages) passage.passAll();
  }

  /** Breaks every connection that is open. */
  cutAll(): void {
    for (const passage of this.#passages) passage.cut();
  }

  /** New connections are refused from now on, as of a server that is down. */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    if (listener === null) return;
    await new Promise<void>((resolve) => {
      listener.close(() => resolve());
      this.cutAll();
    });
  }

  /** New connections are taken again. */
  async accept(): Promise<void> {
    if (this.#listener !== null) return;
    const listener = createServer((client) => this.#take(client));
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(this.port, this.host, () => resolve());
    });
  }

  /** Waits until a message did not simply pass, and gives it. */
  waitUntilStruck(limits: { readonly timeoutMs?: number } = {}): Promise<ProxyMessage> {
    return eventually(() => this.struck.at(-1), { ...limits, what: "the proxy strikes a message" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
    this.cutAll();
  }

  #take(client: Socket): void {
    const { port, host = "127.0.0.1" } = this.#options.target;
    const server = connect({ port, host });
    this.#connections += 1;
    const passage = new Passage({ client, server }, this.#connections, {
      split: SPLITTERS[this.#options.protocol],
      judge: (message, connection) => this.#decide(message, connection),
    });
    this.#passages.add(passage);
    client.once("close", () => this.#passages.delete(passage));
  }

  #decide(message: ClientMessage, connection: number): Verdict {
    this.#count += 1;
    const numbered = { ...message, connection, number: this.#count };
    this.messages.push(numbered);
    const verdict = this.#judge(numbered);
    if (verdict !== "pass") this.struck.push(numbered);
    return verdict;
  }
}
