/** From a request's parts to the command that is meant; nothing of them is trusted. */
import type { Command, Once, RunTarget } from "./command.ts";
import { readSeeCommand } from "./see-command.ts";

/** A request's JSON. */
export type RequestObject = Readonly<Record<string, unknown>>;

/** A request that lacks what it needs, in words for whoever sent it. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
}

/** No id of a schedule or a task is longer. */
const ID_LENGTH_MAX = 200;
/** What is done once needs an id that nobody else chooses. */
const REQUEST_ID = /^[\w-]{8,64}$/;
const NOTE_LENGTH_MAX = 500;

function asObject(value: unknown): RequestObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= ID_LENGTH_MAX;
}

/** A request's content: a schedule's name, or an object with more. */
function contentOf(content: unknown): RequestObject {
  return typeof content === "string" ? { schedule: content } : asObject(content);
}

function scheduleOf(type: string, content: RequestObject): string {
  const { schedule } = content;
  if (isId(schedule)) return schedule;
  throw new BadRequestError(`${type}: request_content is to be the schedule's name`);
}

function onceOf(type: string, { id, sent_ms: sentMs }: RequestObject): Once {
  if (typeof id !== "string" || !REQUEST_ID.test(id)) {
    throw new BadRequestError(
      `${type}: id is to be a text of its own, 8 to 64 letters, digits, "_" or "-"; the same id again is the same request`,
    );
  }
  if (typeof sentMs !== "number" || !Number.isFinite(sentMs)) {
    throw new BadRequestError(
      `${type}: sent_ms is to tell when it was sent, in epoch milliseconds`,
    );
  }
  return { requestId: id, sentMs };
}

function flagOf(type: string, content: RequestObject, name: string): boolean {
  const value = content[name] ?? false;
  if (typeof value === "boolean") return value;
  throw new BadRequestError(`${type}: ${name} is to be true or false`);
}

function noteOf(type: string, { note = "" }: RequestObject): string {
  if (typeof note === "string" && note.length <= NOTE_LENGTH_MAX) return note;
  throw new BadRequestError(`${type}: note is to be a text of at most ${NOTE_LENGTH_MAX} letters`);
}

function readPause(type: "pause" | "resume", object: RequestObject): Command {
  const content = contentOf(object["request_content"]);
  const isAll = flagOf(type, content, "all");
  if (isAll && content["schedule"] !== undefined) {
    throw new BadRequestError(`${type}: either schedule or all, not both`);
  }
  const scheduleId = isAll ? null : scheduleOf(type, content);
  return { kind: type, scheduleId, note: noteOf(type, content), ...onceOf(type, object) };
}

function readOther(type: string, { request_content: content }: RequestObject): Command | null {
  const command = readSeeCommand(type, content);
  if (typeof command === "string") throw new BadRequestError(command);
  return command;
}

function readReread(type: string, { request_content: content }: RequestObject): Command {
  // The old form knows nothing but the name.
  if (!isId(content)) {
    throw new BadRequestError(`${type}: request_content is to be the schedule's name`);
  }
  const word = type === "create_task_schedule" ? "create" : "cancel";
  return { kind: "reread", scheduleId: content, word };
}

function targetOf(type: string, content: RequestObject): RunTarget {
  const { task } = content;
  if (task === undefined) return { kind: "schedule", id: scheduleOf(type, content) };
  if (content["schedule"] !== undefined) {
    throw new BadRequestError(`${type}: either schedule or task, not both`);
  }
  if (isId(task)) return { kind: "task", id: task };
  throw new BadRequestError(`${type}: task is to be the task's name`);
}

function readRun(type: string, object: RequestObject): Command {
  const content = contentOf(object["request_content"]);
  return {
    kind: "run",
    target: targetOf(type, content),
    isForced: flagOf(type, content, "force"),
    ...onceOf(type, object),
  };
}

/**
 * Reads the command of a request; null when no request is called so.
 *
 * @throws BadRequestError telling what is missing.
 */
export function readCommand(type: string, object: RequestObject): Command | null {
  switch (type) {
    case "ping":
    case "status":
    case "list":
    case "reconcile":
    case "reload_configuration":
      return { kind: type };
    case "create_task_schedule":
    case "cancel_task_schedule":
      return readReread(type, object);
    case "run":
      return readRun(type, object);
    case "pause":
    case "resume":
      return readPause(type, object);
    default:
      return readOther(type, object);
  }
}
