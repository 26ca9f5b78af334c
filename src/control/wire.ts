/**
 * The texts of the control protocols: requests in, answers out. No socket in sight.
 *
 * Two forms live side by side. The app's old form has no `id`: one object without a newline, answered by bare text. Our own
 * has an `id`, and is answered by one line of JSON that repeats it.
 */
import type { Command, Reply } from "./command.ts";
import { BadRequestError, readCommand } from "./read-command.ts";

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

/** A longer id is nobody's; it would be repeated in the answer. */
const ID_LENGTH_MAX = 200;
/** What the app of any version sends; the answers to it are fixed. */
const OLD_TYPES = new Set(["ping", "create_task_schedule", "cancel_task_schedule"]);

/** The JSON object that a text holds, or null. */
export function parseObject(message: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(message);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : null;
  } catch {
    return null;
  }
}

function idOf(id: unknown): string | number | null {
  if (typeof id === "number") return id;
  return typeof id === "string" && id.length <= ID_LENGTH_MAX ? id : null;
}

/** Reads one message; null when it is no request at all, which the old form answers by silence. */
export function readRequest(message: string): Request | null {
  const object = parseObject(message);
  if (object === null) return null;
  const { request_type: type } = object;
  if (typeof type !== "string") return null;
  const id = idOf(object["id"]);
  try {
    return { id, type, command: readCommand(type, object), fault: null };
  } catch (error) {
    if (!(error instanceof BadRequestError)) throw error;
    return { id, type, command: null, fault: error.message };
  }
}

/** What the app expects to read, word for word; without a newline. */
function oldText({ command, type }: Request, reply: Reply): string {
  if (command === null) return `Client message has an unhandled 'request_type': ${type}`;
  if (!reply.ok) return reply.message;
  if (command.kind === "ping") return "pong";
  if (command.kind !== "reread") return `${JSON.stringify(reply.result)}\n`;
  return command.word === "create"
    ? `BTU Scheduler now re-processing Task Schedule ${command.scheduleId} in Python RQ.`
    : `Successfully cancelled BTU Task Schedule ${command.scheduleId} in Python RQ.`;
}

/** The answer's text; null when the old form has none and the connection is to be closed. */
export function writeReply(request: Request, reply: Reply): string | null {
  if (request.id !== null) return `${JSON.stringify({ id: request.id, ...reply })}\n`;
  if (request.fault === null) return oldText(request, reply);
  return OLD_TYPES.has(request.type) ? null : `${request.fault}\n`;
}
