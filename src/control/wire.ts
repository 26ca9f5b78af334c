/**
 * The bytes of the control protocols: JSON objects in, text out. No socket in sight.
 *
 * Two forms live side by side. The app's old form has no `id`: one object without a newline, answered by bare text. Our own
 * has an `id`, and is answered by one line of JSON that repeats it.
 */
import { unreachable } from "../base/errors.ts";
import type { Command, Reply } from "./command.ts";
import { readSeeCommand } from "./see-command.ts";

/** A larger message is an attack or a fault. */
const MESSAGE_BYTES_MAX = 64 * 1024;

/** A request as it came. */
export interface Request {
  /** Present in our own form; repeated in the answer. */
  readonly id: string | number | null;
  /** What the sender called it. */
  readonly type: string;
  /** Null when no such request exists. */
  readonly command: Command | null;
  /** Set when the request lacks what it needs. */
  readonly fault: string | null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Bytes that can never become a message: the connection is to be closed. */
class WireError extends Error {
  override readonly name = "WireError";
}

/** Cuts a byte stream into JSON objects; an object is whole when its last brace is there, with or without a newline. */
export class MessageSplitter {
  #pending: Buffer = Buffer.alloc(0);
  #scanned = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  /** Whether a message has begun and is not whole. */
  get isHalfway(): boolean {
    return this.#pending.length > 0;
  }

  /** @throws WireError when a message is too long or does not begin with a brace. */
  push(bytes: Uint8Array): string[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const messages: string[] = [];
    for (let message = this.#next(); message !== null; message = this.#next())
      messages.push(message);
    if (this.#pending.length > MESSAGE_BYTES_MAX) throw new WireError("the message is too long");
    return messages;
  }

  #next(): string | null {
    if (this.#scanned === 0) this.#skipBlanks();
    const pending = this.#pending;
    for (; this.#scanned < pending.length; this.#scanned += 1) {
      if (!this.#endsWith(pending[this.#scanned] ?? 0)) continue;
      const message = pending.toString("utf8", 0, this.#scanned + 1);
      this.#pending = pending.subarray(this.#scanned + 1);
      this.#scanned = 0;
      return message;
    }
    return null;
  }

  #skipBlanks(): void {
    let start = 0;
    while (BLANKS.has(this.#pending[start] ?? 0)) start += 1;
    this.#pending = this.#pending.subarray(start);
    const [first] = this.#pending;
    if (first !== undefined && first !== OPEN) throw new WireError("expected a JSON object");
  }

  /** Takes one byte; true when it closes the outermost object. */
  #endsWith(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inText = false;
      return false;
    }
    if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN) this.#depth += 1;
    else if (byte === CLOSE) this.#depth -= 1;
    return byte === CLOSE && this.#depth === 0;
  }
}

function parseObject(message: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function commandOf(type: string, content: unknown): Command | string | null {
  switch (type) {
    case "ping":
    case "status":
    case "list":
      return { kind: type };
    case "create_task_schedule":
    case "cancel_task_schedule": {
      if (typeof content !== "string" || content === "") {
        return `${type}: request_content is to be the schedule's name`;
      }
      const word = type === "create_task_schedule" ? "create" : "cancel";
      return { kind: "reread", scheduleId: content, word };
    }
    default:
      return readSeeCommand(type, content);
  }
}

/** Reads one message; null when it is no request at all, which the old form answers by silence. */
export function readRequest(message: string): Request | null {
  const object = parseObject(message);
  if (object === null) return null;
  const { request_type: type, request_content: content, id } = object;
  if (typeof type !== "string") return null;
  const command = commandOf(type, content);
  return {
    id: typeof id === "string" || typeof id === "number" ? id : null,
    type,
    command: typeof command === "string" ? null : command,
    fault: typeof command === "string" ? command : null,
  };
}

/** What the app expects to read, word for word; without a newline. */
function oldText(request: Request, reply: Reply): string {
  const { command, type } = request;
  if (command === null) return `Client message has an unhandled 'request_type': ${type}`;
  if (!reply.ok) return reply.message;
  switch (command.kind) {
    case "ping":
      return "pong";
    case "reread":
      return command.word === "create"
        ? `BTU Scheduler now re-processing Task Schedule ${command.scheduleId} in Python RQ.`
        : `Successfully cancelled BTU Task Schedule ${command.scheduleId} in Python RQ.`;
    case "status":
    case "list":
    case "history":
    case "explain":
    case "timeline":
      return `${JSON.stringify(reply.result)}\n`;
    default:
      return unreachable(command);
  }
}

/** The answer's text; null when the old form has none and the connection is to be closed. */
export function writeReply(request: Request, reply: Reply): string | null {
  if (request.id !== null) return `${JSON.stringify({ id: request.id, ...reply })}\n`;
  if (request.fault !== null) return null;
  return oldText(request, reply);
}
