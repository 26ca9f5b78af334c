/** Asks a running daemon over its socket. */
import { randomUUID } from "node:crypto";
import type { Socket } from "bun";
import { DeadlineError } from "../base/abort.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { asError, codeOf } from "../base/errors.ts";
import type { Reply } from "./command.ts";

/** No daemon answers at this path. */
export class NoDaemonError extends Error {
  override readonly name = "NoDaemonError";
}

/** A request was sent, and what became of it is not known: it may have been carried out. */
export class LostAnswerError extends Error {
  override readonly name = "LostAnswerError";
}

/** What is asked. */
export interface Question {
  readonly type: string;
  /** A schedule's name, or an object with more. */
  readonly content: unknown;
}

/** A question as it is sent: with an id of its own, under which it is carried out once. */
export interface SentQuestion {
  readonly id: string;
  readonly request_type: string;
  readonly request_content: unknown;
  /** Epoch ms. */
  readonly sent_ms: number;
}

/** Makes a question ready to be sent, also twice. */
export function sentQuestion({ type, content }: Question, nowMs: number): SentQuestion {
  const id = randomUUID();
  return { id, request_type: type, request_content: content, sent_ms: Math.round(nowMs) };
}

/** What asking needs. */
export interface AskOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** A busy daemon with a full backlog looks like none: it is asked again. */
const REFUSED_RETRIES = 3;
const REFUSED_PAUSE_MS = 50;

/**
 * Sends one request and waits for its answer.
 *
 * @throws NoDaemonError when nobody listens; Error when we may not connect; LostAnswerError when it was sent
 * and no answer that we know came in time; DeadlineError when it was not even sent.
 */
export async function askDaemon(question: Question, options: AskOptions): Promise<Reply> {
  const { socketPath, clock } = options;
  const line = `${JSON.stringify(sentQuestion(question, clock.nowMs()))}\n`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask(line, options);
    } catch (error) {
      const isRefused = codeOf(error) === "ECONNREFUSED" && attempt < REFUSED_RETRIES;
      if (!isRefused) throw explained(error, socketPath);
    }
    await sleep(clock, REFUSED_PAUSE_MS, new AbortController().signal);
  }
}

function explained(error: unknown, socketPath: string): Error {
  switch (codeOf(error)) {
    case "ENOENT":
      return new NoDaemonError(`no daemon runs: "${socketPath}" does not exist`);
    case "ECONNREFUSED":
      return new NoDaemonError(`no daemon listens on "${socketPath}"`);
    case "EACCES":
      return new Error(`connect to "${socketPath}": you need to be in the group of the socket`);
    default:
      return asError(error);
  }
}

function ask(line: string, { socketPath, clock, timeoutMs }: AskOptions): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const chunks: Uint8Array[] = [];
  let opened: Socket | null = null;
  const timer = clock.timer(timeoutMs, () => {
    const text = `ask the daemon: no answer within ${timeoutMs} ms; look at: systemctl status btu_scheduler`;
    reject(opened === null ? new DeadlineError(text) : new LostAnswerError(text));
    opened?.terminate();
  });
  const connecting = Bun.connect({
    unix: socketPath,
    socket: {
      open: (socket) => {
        opened = socket;
        socket.write(line);
      },
      data: (socket, bytes) => {
        // A copy: the bytes are only lent. A typed array copies thousands of times more slowly than a buffer.
        chunks.push(Buffer.from(bytes));
        if (bytes.at(-1) === NEWLINE) socket.end();
      },
      close: () => {
        try {
          resolve(readReply(Buffer.concat(chunks).toString("utf8")));
        } catch (error) {
          reject(asError(error));
        }
      },
      error: (_, error) =>
        reject(new LostAnswerError("ask the daemon: the connection broke", { cause: error })),
      connectError: (_, error) => reject(error),
    },
  });
  connecting.catch(reject);
  return promise.finally(() => timer.cancel());
}

const NEWLINE = 0x0a;

function parseReply(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LostAnswerError("ask the daemon: its answer is cut off or no JSON", { cause: error });
  }
}

/** @throws LostAnswerError when it is no answer that this version knows. */
export function readReply(text: string): Reply {
  if (text === "") {
    throw new LostAnswerError("ask the daemon: it closed the connection without an answer");
  }
  const reply = parseReply(text);
  if (!isReply(reply)) {
    throw new LostAnswerError("ask the daemon: its answer is of another version");
  }
  // Without the id, which only this exchange knows.
  return reply.ok
    ? { ok: true, result: reply.result }
    : { ok: false, code: reply.code, message: reply.message };
}

function isReply(value: unknown): value is Reply {
  if (typeof value !== "object" || value === null || !("ok" in value)) return false;
  return value.ok === true ? "result" in value : "message" in value;
}
