/** Sorts the answers of Frappe that are not a success: pure text work. */
import { FrappeError } from "./errors.ts";
import type { FrappeFault } from "./errors.ts";

/** An answer as it came. */
export interface FrappeAnswer {
  readonly status: number;
  /** The body's text, or its first part. */
  readonly body: string;
  /** Where a redirection points to. */
  readonly location: string | null;
  /** How long it wants to be left alone, or null. */
  readonly retryAfterMs: number | null;
}

/** What stands in a body of Frappe's own; all empty for a page of somebody else. */
interface Facts {
  readonly isJson: boolean;
  /** The name of Python's exception: "ValidationError". */
  readonly type: string;
  /** What went wrong in Frappe's words, one line. */
  readonly text: string;
}

interface Sorted {
  readonly kind: FrappeFault;
  readonly transient: boolean;
  readonly text: string;
}

/** Longer texts are tracebacks or pages. */
const TEXT_LENGTH_MAX = 300;
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&#x27;": "'",
  "&nbsp;": " ",
  "&amp;": "&",
};

const MAKE_TOKEN =
  'make a pair in Frappe at the user\'s page under Settings, "API Access", "Generate Keys", and put "webserver_token = KEY:SECRET" into the configuration';

const CSRF =
  'Frappe takes the request for one of a browser; a proxy before it seems to take away the "Authorization" header, or to add a cookie';

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parsed text, or null when it is no JSON. */
export function parseJson(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** One line without tags and control characters, cut to a length that fits a log line. */
export function plainText(html: string): string {
  const text = html
    .replaceAll(/<[^<>]*>/g, " ")
    .replaceAll(/&(?:lt|gt|quot|#39|#x27|nbsp|amp);/g, (entity) => ENTITIES[entity] ?? entity)
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

/** `_server_messages` is a text that holds a JSON array of texts, each a JSON object with a `message`. */
function serverMessages(value: unknown): string[] {
  if (typeof value !== "string") return [];
  const list = parseJson(value)?.value;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const inner = typeof item === "string" ? (parseJson(item)?.value ?? item) : item;
    const message = isRecord(inner) ? inner["message"] : inner;
    return typeof message === "string" ? [plainText(message)] : [];
  });
}

function factsOf(body: string): Facts {
  const value = parseJson(body)?.value;
  if (!isRecord(value)) return { isJson: false, type: "", text: "" };
  const exception = typeof value["exception"] === "string" ? plainText(value["exception"]) : "";
  const type = typeof value["exc_type"] === "string" ? plainText(value["exc_type"]) : "";
  const texts = [...new Set([exception, ...serverMessages(value["_server_messages"])])];
  const known = texts.filter((text) => text !== "").join("; ");
  return { isJson: true, type, text: known || type };
}

/** `: what Frappe said`, or nothing. */
function said({ text }: Facts): string {
  return text === "" ? "" : `: ${text}`;
}

function sortRefusal(facts: Facts): Sorted {
  const final = { transient: false };
  if (facts.text.includes("rq.compat")) {
    return {
      ...final,
      kind: "app-broken",
      text: 'the app "btu" cannot be imported on the site: it asks for Python\'s "rq.compat", which RQ dropped in 1.13; update the app, or take "from rq.compat import …" out of btu/btu_api/__init__.py, and restart the bench',
    };
  }
  if (/failed to get method/i.test(facts.text)) {
    return {
      ...final,
      kind: "app-broken",
      text: `the site's app "btu" is not installed, older than this endpoint, or cannot be imported${said(facts)}`,
    };
  }
  return { ...final, kind: "rejected", text: `Frappe says no${said(facts)}` };
}

function sortNotFound(facts: Facts): Sorted {
  if (facts.isJson) {
    return { kind: "not-found", transient: false, text: `Frappe does not know it${said(facts)}` };
  }
  return {
    kind: "wrong-site",
    transient: false,
    text: 'the web server knows no site of this name; "webserver_host_header" must be the name of a folder under sites/ of the bench',
  };
}

function sortRedirection(location: string): Sorted {
  const to = location === "" ? "elsewhere" : `"${plainText(location)}"`;
  return {
    kind: "redirected",
    transient: false,
    text: `the web server sends us to ${to}; put the address that Frappe itself answers at into "webserver_url"`,
  };
}

function sortOther(status: number, facts: Facts): Sorted {
  const text = `nothing is known of this status${said(facts)}`;
  return { kind: "unexpected-status", transient: status >= 500, text };
}

const SORTED: Readonly<Record<number, (facts: Facts) => Sorted>> = {
  400: (facts) => ({
    kind: "rejected",
    transient: false,
    text:
      facts.type === "CSRFTokenError"
        ? CSRF
        : `Frappe does not take the request as it is${said(facts)}`,
  }),
  401: () => ({
    kind: "unauthorized",
    transient: false,
    text: `the site does not know the API key of "webserver_token", or its secret is another; ${MAKE_TOKEN}`,
  }),
  403: (facts) => ({
    kind: "forbidden",
    transient: false,
    text: `the user of "webserver_token" may not do this, or the token was not taken for one (Frappe 13 answers so to a wrong secret); ${MAKE_TOKEN}${said(facts)}`,
  }),
  404: sortNotFound,
  417: sortRefusal,
  429: () => ({
    kind: "rate-limited",
    transient: true,
    text: 'the site takes no more requests for a while; "rate_limit" in its site_config.json says how many',
  }),
  500: (facts) => {
    // An import error of the app can also surface here.
    const refusal = sortRefusal(facts);
    if (refusal.kind === "app-broken") return refusal;
    return {
      kind: "server-error",
      transient: true,
      text: `Frappe failed${said(facts)}; its Error Log tells more`,
    };
  },
  502: () => gateway,
  503: () => ({
    kind: "maintenance",
    transient: true,
    text: 'the site is in maintenance, as during "bench migrate" or "bench update"',
  }),
  504: () => gateway,
  508: () => ({
    kind: "busy",
    transient: true,
    text: "the site's database met a lock or deadlock",
  }),
};

/** Statuses whose header Retry-After counts: too many requests, service unavailable. */
const ASKS_FOR_PATIENCE: ReadonlySet<number> = new Set([429, 503]);

const gateway: Sorted = {
  kind: "gateway",
  transient: true,
  text: "the web server before Frappe got no answer from it; is the bench running?",
};

/** The error for an answer whose status is not 200; `action` names what was wanted. */
export function errorOfAnswer(action: string, answer: FrappeAnswer): FrappeError {
  const { status, body, location, retryAfterMs } = answer;
  const facts = factsOf(body);
  const isRedirection = status >= 300 && status < 400;
  const { kind, transient, text } = isRedirection
    ? sortRedirection(location ?? "")
    : (SORTED[status]?.(facts) ?? sortOther(status, facts));
  const parts = { kind, transient, status };
  if (!ASKS_FOR_PATIENCE.has(status) || retryAfterMs === null) {
    return new FrappeError(`${action}: HTTP ${status}: ${text}`, parts);
  }
  const patience = `it asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s`;
  return new FrappeError(`${action}: HTTP ${status}: ${text}; ${patience}`, {
    ...parts,
    retryAfterMs,
  });
}
