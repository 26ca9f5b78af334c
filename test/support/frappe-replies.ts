/** Answers as Frappe and the web servers around it word them. */
import type { HttpReply } from "./http-server.ts";

/** The generations of the app, each on its Frappe: 13, 14, 15 with BTU 15.0 or 15.2, 16. */
export type FrappeGeneration = "v13" | "v14" | "v15.0" | "v15.2" | "v16";

/** What an error of Frappe tells. */
export interface FrappeFailure {
  readonly status: number;
  /** The name of Python's exception. */
  readonly type: string;
  readonly message: string;
  /** Raised by `frappe.throw`: then the message is also among the messages for the user. */
  readonly thrown?: boolean;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const HTML_TYPE = { "Content-Type": "text/html; charset=utf-8" };

export function jsonReply(status: number, value: unknown): HttpReply {
  return { status, headers: JSON_TYPE, body: JSON.stringify(value) };
}

export function htmlReply(status: number, title: string, text: string): HttpReply {
  const body = `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`;
  return { status, headers: HTML_TYPE, body };
}

/** An error in the JSON of API version 1; `tracebacks` as the System Settings allow them. */
export function errorReply(
  failure: FrappeFailure,
  { generation, tracebacks }: { generation: FrappeGeneration; tracebacks: boolean },
): HttpReply {
  const { status, type, message, thrown = true } = failure;
  const exception = `frappe.exceptions.${type}: ${message}`;
  const traceback = `Traceback (most recent call last):\n  File "apps/frappe/frappe/app.py", line 1, in application\n${exception}\n`;
  const forUser = JSON.stringify({
    message,
    title: "Message",
    indicator: "red",
    raise_exception: 1,
  });
  return jsonReply(status, {
    // Frappe 13 names the exception only when the code threw it on purpose.
    ...((generation !== "v13" || thrown) && { exc_type: type }),
    ...(tracebacks && { exception, exc: JSON.stringify([traceback]) }),
    ...(thrown && { _server_messages: JSON.stringify([forUser]) }),
  });
}

/** `bench migrate` is running: a page on Frappe 13, JSON later. */
export function maintenanceReply(generation: FrappeGeneration): HttpReply {
  if (generation === "v13") return htmlReply(503, "Updating", "The system is being updated.");
  const failure = { status: 503, type: "SessionStopped", message: "Updating", thrown: false };
  return errorReply(failure, { generation, tracebacks: false });
}

/** What nginx says when nothing listens behind it. */
export function badGatewayReply(): HttpReply {
  const body =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
  return { status: 502, headers: HTML_TYPE, body };
}

/** What every endpoint of an unpatched app says where RQ is 1.13 or newer. */
export const RQ_COMPAT: FrappeFailure = {
  status: 417,
  type: "ValidationError",
  message:
    "Failed to get method for command btu.btu_api.endpoints.test_ping with No module named 'rq.compat'",
};
