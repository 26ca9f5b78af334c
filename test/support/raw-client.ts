/** A client on a Unix socket that does just what a test says: no manners, no retries. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { eventually } from "./eventually.ts";

/** One connection. */
export interface RawClient extends Disposable {
  /** Everything that came back. */
  text(): string;
  /** How many pieces it came in. */
  pieces(): number;
  /** Whether the server has closed it, or broken it off. */
  isClosed(): boolean;
  send(bytes: Uint8Array | string): void;
  /** Says that nothing more comes. */
  end(): void;
  /** Reads nothing more. */
  stopReading(): void;
  /** Waits until so much has come back. */
  reads(length: number): Promise<string>;
  /** Waits until the server closes it; gives what came back. */
  closes(): Promise<string>;
}

/** Connects. */
export async function connectRaw(socketPath: string): Promise<RawClient> {
  let [text, pieces, isClosed] = ["", 0, false];
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect({ path: socketPath, allowHalfOpen: true }, () => resolve(opened));
    opened.once("error", reject);
  });
  socket.setEncoding("utf8");
  socket.on("data", (piece: string) => {
    text += piece;
    pieces += 1;
  });
  socket.on("error", () => (isClosed = true));
  socket.on("end", () => (isClosed = true));
  socket.on("close", () => (isClosed = true));
  return {
    text: () => text,
    pieces: () => pieces,
    isClosed: () => isClosed,
    send: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    stopReading: () => void socket.pause(),
    reads: async (length) => {
      await eventually(() => text.length >= length, { what: `${length} characters come back` });
      return text;
    },
    closes: async () => {
      await eventually(() => isClosed, { what: "the server closes the connection" });
      return text;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
