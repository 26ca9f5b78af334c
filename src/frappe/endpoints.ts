/** The functions of the BTU app that are called over HTTP, with what they return checked. */
import { isRecord, parseJson, plainText } from "./answer.ts";
import { badAnswer } from "./client.ts";
import type { FrappeCall, FrappeClient } from "./client.ts";
import { OP } from "../pickle/opcodes.ts";
import { FrappeError } from "./errors.ts";

/** An enabled schedule and its task, by their names. */
export interface ScheduleKeys {
  readonly scheduleKey: string;
  readonly taskKey: string;
}

/** A schedule's row as the app tells it; every text may be missing. */
export interface TaskScheduleDetails {
  readonly name: string;
  readonly task: string | null;
  readonly taskDescription: string | null;
  readonly enabled: boolean;
  readonly queueName: string | null;
  readonly argumentOverrides: string | null;
  readonly scheduleDescription: string | null;
  readonly cronString: string | null;
  readonly cronTimezone: string | null;
}

/** A command that waited for the scheduler. */
export interface PendingCommand {
  readonly requestType: string;
  readonly requestContent: string | null;
}

/** Which documents to list, as Frappe's own API takes it. */
export interface ListWish {
  readonly doctype: string;
  readonly fields: readonly string[];
  readonly filters: ReadonlyArray<readonly [field: string, operator: "=" | ">=", value: string]>;
  readonly limit?: number;
}

/** Commands in the order they were given; what could not be read among them is only counted. */
export interface PendingCommands {
  readonly commands: readonly PendingCommand[];
  readonly unreadable: number;
}

/** Far above what a site holds, far below what would hurt. */
const ITEMS_MAX = 100_000;
const APP = "btu.btu_api.endpoints";
const BYTE_MAX = 255;

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= BYTE_MAX;
}

function listOf(value: unknown, action: string): readonly unknown[] {
  if (!Array.isArray(value)) throw badAnswer(action, "the answer is no list");
  if (value.length > ITEMS_MAX) throw badAnswer(action, `the list has ${value.length} items`);
  return value;
}

/** Whether it has the two ends of a pickle as every Python 3 writes them; a page of some proxy has not. */
function looksLikePickle(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === OP.PROTO && bytes.at(-1) === OP.STOP;
}

/** The bytes of a pickle, given as such or as a JSON array of integers. */
function pickleOf(body: Uint8Array, action: string): Uint8Array {
  if (looksLikePickle(body)) return body;
  const parsed = parseJson(Buffer.from(body).toString("utf8"));
  const value = isRecord(parsed?.value) ? parsed.value["message"] : parsed?.value;
  if (!Array.isArray(value) || !value.every(isByte)) {
    throw badAnswer(action, "the answer is no array of bytes");
  }
  const bytes = Uint8Array.from(value);
  if (!looksLikePickle(bytes)) throw badAnswer(action, "the bytes of the answer are no pickle");
  return bytes;
}

/** The endpoints of one site. */
export class FrappeEndpoints {
  readonly #client: FrappeClient;

  constructor(client: FrappeClient) {
    this.#client = client;
  }

  /** Where the site is, for people. */
  get baseUrl(): string {
    return this.#client.baseUrl;
  }

  /** Resolves when the app answers. */
  async ping(signal?: AbortSignal): Promise<void> {
    const call = app("test_ping", { verb: "GET", action: "ping the app", signal });
    const answer = await this.#client.call(call);
    if (answer !== "pong") throw badAnswer(call.action, `"pong" did not come back`);
  }

  /** Whose token it is: the name of a Frappe user. */
  async loggedUser(signal?: AbortSignal): Promise<string> {
    const action = "ask whose token it is";
    const method = "frappe.auth.get_logged_user";
    const user = await this.#client.call({ method, verb: "GET", action, signal });
    if (typeof user !== "string" || user === "") throw badAnswer(action, "no user came back");
    return user;
  }

  /** A pickle that stands for no task, to try the way that pickles take. */
  async pingPickle(signal?: AbortSignal): Promise<Uint8Array> {
    const action = "ask for a test pickle";
    const call = app("test_function_ping_now_bytes", { verb: "GET", action, signal });
    return pickleOf(await this.#client.callBytes(call), action);
  }

  /** The pickled RQ payload of a task: `(function, None, (), keyword arguments)`, not compressed. */
  async getPickledTask(
    taskId: string,
    scheduleId: string | null,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const action = `get task "${taskId}" pickled`;
    const params = {
      task_id: taskId,
      ...(scheduleId !== null && { task_schedule_id: scheduleId }),
    };
    const call = app("get_pickled_task", { verb: "GET", action, params, signal });
    return pickleOf(await this.#client.callBytes(call), action);
  }

  /**
   * Lets Frappe put a schedule's task on its queue. The app may skip it in silence, when a log of the task is In-Progress.
   *
   * @throws FrappeError `not-enqueued` when the app says, with status 200, that it failed.
   */
  async enqueueForNextAvailableWorker(scheduleId: string, signal?: AbortSignal): Promise<void> {
    const action = `let Frappe enqueue "${scheduleId}"`;
    const params = { task_schedule_key: scheduleId };
    const answer = await this.#client.call(
      app("enqueue_for_next_available_worker", { verb: "POST", action, params, signal }),
    );
    if (!isRecord(answer)) throw badAnswer(action, "the answer is no object");
    if (answer["has_errors"] === 0 || answer["has_errors"] === false) return;
    const text = plainText(textOrNull(answer["error_message"]) ?? "");
    throw new FrappeError(`${action}: the app failed: ${text || "it does not say why"}`, {
      kind: "not-enqueued",
      transient: true,
      status: 200,
    });
  }

  /** The keys of all enabled schedules (BTU 16). */
  async getEnabledTaskSchedules(signal?: AbortSignal): Promise<ScheduleKeys[]> {
    const action = "list the enabled schedules";
    const call = app("get_enabled_task_schedules", { verb: "GET", action, signal });
    return listOf(await this.#client.call(call), action).map((item) => {
      const scheduleKey = isRecord(item) ? textOrNull(item["schedule_key"]) : null;
      const taskKey = isRecord(item) ? textOrNull(item["task_key"]) : null;
      if (scheduleKey === null) throw badAnswer(action, "an item has no schedule_key");
      return { scheduleKey, taskKey: taskKey ?? "" };
    });
  }

  /** One schedule's row (BTU 16), or null when there is none. */
  async getTaskScheduleDetails(
    scheduleId: string,
    signal?: AbortSignal,
  ): Promise<TaskScheduleDetails | null> {
    const action = `get schedule "${scheduleId}"`;
    const params = { task_schedule_key: scheduleId };
    const call = app("get_task_schedule_details", { verb: "GET", action, params, signal });
    const row = await this.#client.call(call).catch((error: unknown) => {
      if (error instanceof FrappeError && error.kind === "not-found") return null;
      throw error;
    });
    return row === null ? null : detailsOf(row, action);
  }

  /** Fields of documents, by their names in order; the token's user must be allowed to read them. */
  async listDocuments(
    { doctype, fields, filters, limit = ITEMS_MAX }: ListWish,
    signal?: AbortSignal,
  ): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
    const action = `list documents of type "${doctype}"`;
    const params = {
      doctype,
      fields: JSON.stringify(fields),
      filters: JSON.stringify(filters),
      order_by: "name asc",
      limit_page_length: String(limit),
    };
    const call = { method: "frappe.client.get_list", verb: "GET", action, params, signal } as const;
    return listOf(await this.#client.call(call), action).filter(isRecord);
  }

  /** The zone of the site's System Settings, in which all its times are written; null when it does not say. */
  async siteTimeZone(signal?: AbortSignal): Promise<string | null> {
    const action = "ask for the site's time zone";
    const method = "frappe.client.get_time_zone";
    const answer = await this.#client.call({ method, verb: "GET", action, signal });
    return isRecord(answer) ? textOrNull(answer["time_zone"]) : null;
  }

  /** Takes the waiting commands off the site's list (BTU 16): asked twice, they are gone. */
  async getPendingSchedulerCommands(signal?: AbortSignal): Promise<PendingCommands> {
    const action = "take the pending commands";
    const call = app("get_pending_scheduler_commands", { verb: "POST", action, signal });
    const items = listOf(await this.#client.call(call), action);
    // The app takes them from the wrong end: the newest comes first.
    const commands = items.toReversed().flatMap((item) => commandOf(item) ?? []);
    return { commands, unreadable: items.length - commands.length };
  }
}

function app(name: string, call: Omit<FrappeCall, "method">): FrappeCall {
  return { ...call, method: `${APP}.${name}` };
}

function commandOf(item: unknown): PendingCommand | null {
  if (!isRecord(item) || typeof item["request_type"] !== "string") return null;
  return {
    requestType: item["request_type"],
    requestContent: textOrNull(item["request_content"]),
  };
}

function detailsOf(row: unknown, action: string): TaskScheduleDetails {
  if (!isRecord(row)) throw badAnswer(action, "the answer is no object");
  const name = textOrNull(row["name"]);
  if (name === null) throw badAnswer(action, "the answer has no name");
  return {
    name,
    task: textOrNull(row["task"]),
    taskDescription: textOrNull(row["task_description"]),
    enabled: row["enabled"] === 1 || row["enabled"] === true,
    queueName: textOrNull(row["queue_name"]),
    argumentOverrides: textOrNull(row["argument_overrides"]),
    scheduleDescription: textOrNull(row["schedule_description"]),
    cronString: textOrNull(row["cron_string"]),
    cronTimezone: textOrNull(row["cron_timezone"]),
  };
}
