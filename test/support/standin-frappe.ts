/** Stands in for a Frappe site with the BTU app: real HTTP, the endpoints and errors of each generation. */
import type { Certificates } from "./certificates.ts";
import { badGatewayReply, errorReply, htmlReply, jsonReply } from "./frappe-replies.ts";
import { maintenanceReply, RQ_COMPAT } from "./frappe-replies.ts";
import type { FrappeFailure, FrappeGeneration } from "./frappe-replies.ts";
import { startHttpServer } from "./http-server.ts";
import type { HttpOutcome, HttpReply, HttpRequest, Misbehaviour } from "./http-server.ts";
import { pickleByPython, STANDIN_USER } from "./standin-python.ts";
import type { TaskWish } from "./standin-python.ts";

/** A schedule's row as `get_task_schedule_details` gives it. */
export interface ScheduleRow {
  readonly name: string;
  readonly task: string;
  readonly enabled: 0 | 1;
  readonly cron_string: string | null;
  readonly [column: string]: unknown;
}

/** What the stand-in does in place of its duty. */
export type StandinFault =
  | Misbehaviour
  | "maintenance"
  | "gateway"
  | "rate-limited"
  | "rq.compat"
  | FrappeFailure
  | HttpReply;

/** What the site is like. */
export interface StandinOptions {
  readonly generation: FrappeGeneration;
  /** Default `["site1.localhost"]`. */
  readonly sites?: readonly string[];
  /** Default false: the first site answers whatever name is asked for. */
  readonly chooseSiteByName?: boolean;
  /** System Settings: may errors carry tracebacks? Default true. */
  readonly tracebacks?: boolean;
  readonly certificates?: Certificates;
  /** Default: made by Python, as the generation does. */
  readonly pickledTask?: (wish: TaskWish) => Uint8Array | Promise<Uint8Array>;
  /** Tasks that exist; default any. */
  readonly tasks?: readonly string[];
  /** What `enqueue_for_next_available_worker` does; what it throws becomes `has_errors: 1`. Default: nothing. */
  readonly enqueue?: (scheduleId: string, site: string) => unknown;
  readonly schedules?: readonly ScheduleRow[];
  /** What `frappe.client.get_list` gives, by doctype; a doctype that is not here may not be read. */
  readonly documents?: Readonly<Record<string, ReadonlyArray<Readonly<Record<string, unknown>>>>>;
  /** Of the System Settings; default America/New_York. */
  readonly timeZone?: string;
}

/** A request that reached the site, or was turned away. */
export interface StandinRequest {
  /** The function's dotted path without `btu.btu_api.endpoints.`. */
  readonly endpoint: string;
  readonly verb: string;
  readonly site: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/** A running stand-in. */
export interface StandinFrappe extends AsyncDisposable {
  readonly port: number;
  readonly baseUrl: string;
  readonly site: string;
  /** `KEY:SECRET` of `user`. */
  readonly token: string;
  readonly user: string;
  /** In the order they came. */
  readonly requests: StandinRequest[];
  readonly schedules: ScheduleRow[];
  /** Leaves a command for the scheduler, as the app does in webserver mode. */
  pushCommand(type: string, content: string | null): void;
  /** What every request gets from now on, or those for one endpoint, or some of them; null ends it. */
  misbehave(
    fault: StandinFault | null,
    endpoint?: string,
    isMeant?: (params: Readonly<Record<string, string>>) => boolean,
  ): void;
}

const KEY = "f7b1c2d3e4a5b6c";
const SECRET = "0a9b8c7d6e5f4a3";
const APP = "btu.btu_api.endpoints.";

const FEATURES: Readonly<
  Record<FrappeGeneration, { enqueue: boolean; lists: boolean; byId: boolean }>
> = {
  v13: { enqueue: false, lists: false, byId: false },
  v14: { enqueue: false, lists: false, byId: false },
  "v15.0": { enqueue: true, lists: false, byId: false },
  "v15.2": { enqueue: true, lists: false, byId: true },
  v16: { enqueue: true, lists: true, byId: true },
};

/** A JSON body, unless it is empty, hides the query; else query and form count. */
function paramsOf({ headers, body, query }: HttpRequest): Record<string, string> {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/json") && body.length > 0) {
    const value = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, String(item)]));
  }
  const form = type.startsWith("application/x-www-form-urlencoded") ? body.toString("utf8") : "";
  return { ...Object.fromEntries(query), ...Object.fromEntries(new URLSearchParams(form)) };
}

class Site {
  readonly #options: StandinOptions;
  readonly schedules: ScheduleRow[];
  readonly commands: unknown[] = [];

  constructor(options: StandinOptions) {
    this.#options = options;
    this.schedules = [...(options.schedules ?? [])];
  }

  fail(failure: FrappeFailure): HttpReply {
    const { generation, tracebacks = true } = this.#options;
    return errorReply(failure, { generation, tracebacks });
  }

  /** Whom the header stands for; null is nobody, and a reply turns the request away. */
  userOf(headers: Readonly<Record<string, string>>): string | null | HttpReply {
    const words = (headers["authorization"] ?? "").split(" ");
    if (words.length !== 2 || words[0]?.toLowerCase() !== "token") return null;
    if (words[1] === `${KEY}:${SECRET}`) return STANDIN_USER;
    // Frappe 13 goes on as a guest when only the secret is wrong.
    if (this.#options.generation === "v13" && words[1]?.startsWith(`${KEY}:`) === true) return null;
    return this.fail({ status: 401, type: "AuthenticationError", message: "", thrown: false });
  }

  async answer(name: string, verb: string, wish: Record<string, string>, site: string) {
    if (name === "frappe.auth.get_logged_user") return jsonReply(200, { message: STANDIN_USER });
    if (name === "frappe.client.get_time_zone") {
      const { timeZone = "America/New_York" } = this.#options;
      return jsonReply(200, { message: { time_zone: timeZone } });
    }
    if (name === "frappe.client.get_list") return this.#list(wish);
    const functions: Record<string, () => HttpReply | Promise<HttpReply>> = {
      test_ping: () => jsonReply(200, { message: "pong" }),
      test_hello_world_bytes: () => ({
        status: 200,
        headers: { "Content-Type": "application/octet-stream" },
        body: "Hello World",
      }),
      test_function_ping_now_bytes: () => jsonReply(200, { message: [0x80, 4, 0x4e, 0x2e] }),
      get_pickled_task: () => this.#pickled(wish, site),
      ...this.#enqueueFunctions(verb, wish, site),
      ...this.#listFunctions(wish),
    };
    const run = name.startsWith(APP) ? functions[name.slice(APP.length)] : undefined;
    if (run !== undefined) return run();
    const message = `Failed to get method for command ${name} with module 'btu.btu_api.endpoints' has no attribute '${name.split(".").at(-1)}'`;
    return this.fail({ status: 417, type: "ValidationError", message });
  }

  async #pickled(wish: Record<string, string>, site: string): Promise<HttpReply> {
    const { pickledTask, generation, tasks } = this.#options;
    const taskId = wish["task_id"];
    if (taskId === undefined) {
      const message = "get_pickled_task() missing 1 required positional argument: 'task_id'";
      return this.fail({ status: 500, type: "TypeError", message, thrown: false });
    }
    if (tasks !== undefined && !tasks.includes(taskId)) {
      const message = `BTU Task <strong>${taskId}</strong> not found`;
      return this.fail({ status: 404, type: "DoesNotExistError", message });
    }
    const scheduleId = wish["task_schedule_id"] ?? null;
    const bytes = await (pickledTask ?? pickleByPython(FEATURES[generation]))({
      site,
      taskId,
      scheduleId,
    });
    return jsonReply(200, { message: [...bytes] });
  }

  #list(wish: Record<string, string>): HttpReply {
    const rows = this.#options.documents?.[wish["doctype"] ?? ""];
    if (rows === undefined) {
      const message = `User ${STANDIN_USER} does not have doctype access via role permission for document ${wish["doctype"]}`;
      return this.fail({ status: 403, type: "PermissionError", message });
    }
    const fields = JSON.parse(wish["fields"] ?? "[]") as string[];
    const filters = JSON.parse(wish["filters"] ?? "[]") as Array<[string, string, string]>;
    const isMeant = (row: Readonly<Record<string, unknown>>): boolean =>
      filters.every(([field, operator, value]) => {
        const own = String(row[field]);
        return operator === "=" ? own === value : own >= value;
      });
    const found = rows.filter(isMeant).slice(0, Number(wish["limit_page_length"] ?? 20));
    const message = found.map((row) =>
      Object.fromEntries(fields.map((field) => [field, row[field] ?? null])),
    );
    return jsonReply(200, { message });
  }

  #enqueueFunctions(verb: string, wish: Record<string, string>, site: string) {
    if (!FEATURES[this.#options.generation].enqueue) return {};
    return {
      enqueue_for_next_available_worker: async (): Promise<HttpReply> => {
        if (verb !== "POST" && verb !== "PUT") {
          return this.fail({ status: 403, type: "PermissionError", message: "Not permitted" });
        }
        try {
          await this.#options.enqueue?.(wish["task_schedule_key"] ?? "", site);
          return jsonReply(200, { message: { has_errors: 0, error_message: "" } });
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          return jsonReply(200, { message: { has_errors: 1, error_message: text } });
        }
      },
    };
  }

  #listFunctions(wish: Record<string, string>): Record<string, () => HttpReply> {
    if (!FEATURES[this.#options.generation].lists) return {};
    return {
      get_enabled_task_schedules: () => {
        const enabled = this.schedules.filter((row) => row.enabled === 1);
        const keys = enabled.map(({ name, task }) => ({ schedule_key: name, task_key: task }));
        return jsonReply(200, { message: keys });
      },
      get_task_schedule_details: () => {
        const key = wish["task_schedule_key"];
        const row = this.schedules.find(({ name }) => name === key);
        if (row !== undefined) return jsonReply(200, { message: row });
        const message = `BTU Task Schedule ${key} not found`;
        return this.fail({ status: 404, type: "DoesNotExistError", message });
      },
      get_pending_scheduler_commands: () => jsonReply(200, { message: this.commands.splice(0) }),
    };
  }

  replyOf(fault: Exclude<StandinFault, Misbehaviour>): HttpReply {
    if (fault === "maintenance") return maintenanceReply(this.#options.generation);
    if (fault === "gateway") return badGatewayReply();
    if (fault === "rq.compat") return this.fail(RQ_COMPAT);
    if (fault === "rate-limited") {
      return this.fail({ status: 429, type: "TooManyRequestsError", message: "", thrown: false });
    }
    return "body" in fault ? fault : this.fail(fault);
  }
}

interface FaultRule {
  readonly fault: StandinFault;
  readonly isMeant: (params: Readonly<Record<string, string>>) => boolean;
}

function isMisbehaviour(fault: StandinFault): fault is Misbehaviour {
  if (typeof fault === "string") return ["hang", "close", "garbage", "truncate"].includes(fault);
  return "delayMs" in fault || "dripMs" in fault;
}

/** Starts it on a free port. */
export async function startStandinFrappe(options: StandinOptions): Promise<StandinFrappe> {
  const names = options.sites ?? ["site1.localhost"];
  const [firstName = "site1.localhost"] = names;
  const site = new Site(options);
  const faults = new Map<string, FaultRule>();
  const requests: StandinRequest[] = [];

  const replyTo = async (request: HttpRequest, name: string, siteName: string) => {
    const { path, headers, method } = request;
    if (!names.includes(siteName)) return htmlReply(404, "Not Found", `${siteName} does not exist`);
    if (!path.startsWith("/api/method/")) return htmlReply(404, "Not Found", "The page is missing");
    const user = site.userOf(headers);
    if (typeof user === "object" && user !== null) return user;
    if (user !== null) return site.answer(name, method, paramsOf(request), siteName);
    const message = `Function ${name} is not whitelisted.`;
    return site.fail({ status: 403, type: "PermissionError", message });
  };

  const handle = async (request: HttpRequest): Promise<HttpOutcome> => {
    const { path, headers, method: verb } = request;
    const name = path.replace("/api/method/", "");
    const endpoint = name.replace(APP, "");
    const asked = headers["x-frappe-site-name"] ?? headers["host"]?.replace(/:\d+$/, "") ?? "";
    const siteName = options.chooseSiteByName === true ? asked : firstName;
    const params = paramsOf(request);
    const rule = faults.get(endpoint) ?? faults.get("*");
    const fault = rule?.isMeant(params) === true ? rule.fault : undefined;
    const misbehaviour = fault !== undefined && isMisbehaviour(fault) ? fault : undefined;
    const reply =
      fault === undefined || isMisbehaviour(fault)
        ? await replyTo(request, name, siteName)
        : site.replyOf(fault);
    requests.push({ endpoint, verb, site: siteName, params, headers, status: reply.status });
    return { reply, misbehaviour };
  };

  const server = await startHttpServer(handle, options.certificates ?? null);
  const scheme = options.certificates === undefined ? "http" : "https";
  return {
    port: server.port,
    baseUrl: `${scheme}://127.0.0.1:${server.port}`,
    site: firstName,
    token: `${KEY}:${SECRET}`,
    user: STANDIN_USER,
    requests,
    schedules: site.schedules,
    pushCommand: (type, content) => {
      site.commands.unshift({ request_type: type, request_content: content });
    },
    misbehave: (fault, endpoint = "*", isMeant = () => true) => {
      if (fault === null) faults.delete(endpoint);
      else faults.set(endpoint, { fault, isMeant });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
