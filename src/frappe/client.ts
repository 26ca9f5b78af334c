/** HTTP to Frappe: one call with a deadline, a size limit and every fault sorted. */
import { DeadlineError, withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { asError, codeOf, describeError } from "../base/errors.ts";
import { makeRedact } from "../base/redact.ts";
import type { Redact } from "../base/redact.ts";
import { errorOfAnswer, isRecord, parseJson, plainText } from "./answer.ts";
import { FrappeError } from "./errors.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { ServerWatch } from "./server-watch.ts";

/** Which site, and as whom. */
export interface FrappeClientOptions {
  /** `http://127.0.0.1:8000` or `https://erp.example.com`. */
  readonly baseUrl: string;
  /** `KEY:SECRET`, with or without the word `token` before it. */
  readonly token: string;
  /** The Host header, by which a web server chooses among its sites; also the name in its certificate. */
  readonly hostHeader?: string | undefined;
  /** The X-Frappe-Site-Name header, by which Frappe itself chooses. */
  readonly siteName?: string | undefined;
  /** Certificates (PEM) to trust in place of the system's. */
  readonly ca?: string | undefined;
  readonly clock: Clock;
  /** For each call, from the connection to the last byte. */
  readonly timeoutMs: number;
  /** For callers that try again by themselves: a server that is away is then left in peace for a while. */
  readonly watch?: ServerWatch | undefined;
}

/** One call of a whitelisted Python function. */
export interface FrappeCall {
  /** Its dotted path. */
  readonly method: string;
  readonly params?: Readonly<Record<string, string>>;
  /** What changes anything on the site, or takes something away, goes by POST: a GET may be sent twice. */
  readonly verb: "GET" | "POST";
  /** Names the call in errors: `get task "BT-1"`. */
  readonly action: string;
  readonly signal?: AbortSignal | undefined;
}

/** A pickle of a megabyte is several times as long as a JSON array of its bytes. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** Enough for every error of Frappe; what follows is traceback. */
const ERROR_BYTES_MAX = 256 * 1024;

const SCHEMES = /^(token|basic|bearer)\s+/i;
const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
/** No connection came about, so nothing was sent. */
const NOT_CONNECTED =
  /^(ConnectionRefused|FailedToOpenSocket|ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$/;
const CERTIFICATE_CODES = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

function authorization(token: string): string {
  const text = token.trim();
  return SCHEMES.test(text) ? text.replace(/\s+/, " ") : `token ${text}`;
}

function redactToken(header: string): Redact {
  const credentials = header.slice(header.indexOf(" ") + 1);
  const secret = credentials.slice(credentials.indexOf(":") + 1);
  return makeRedact([credentials, secret]);
}

/** Bun gives some faults of TLS and of connections no code but a message that is one. */
function codeOrMessage(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : "");
}

/** Reads a body, and stops at `maxBytes`: `whole` is then false. */
async function readBody(
  response: Response,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) return { bytes: Buffer.concat(chunks, maxBytes), whole: false };
  }
  return { bytes: Buffer.concat(chunks, length), whole: true };
}

/** Speaks to one site; holds no connection of its own. */
export class FrappeClient {
  /** Where it speaks to, for people. */
  readonly baseUrl: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #request: BunFetchRequestInit;
  readonly #redact: Redact;
  readonly #watch: ServerWatch | undefined;

  constructor(options: FrappeClientOptions) {
    const { hostHeader, siteName, ca } = options;
    this.baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#watch = options.watch;
    const credentials = authorization(options.token);
    this.#redact = redactToken(credentials);
    this.#headers = {
      Authorization: credentials,
      Accept: "application/json",
      ...(hostHeader !== undefined && { Host: hostHeader }),
      ...(siteName !== undefined && { "X-Frappe-Site-Name": siteName }),
    };
    const tls = {
      ...(hostHeader !== undefined && { serverName: hostHeader.replace(/:\d+$/, "") }),
      ...(ca !== undefined && { ca }),
    };
    this.#request = {
      redirect: "manual",
      tls,
      // A proxy of the environment is meant for the world outside.
      ...(LOOPBACK.test(new URL(this.baseUrl).hostname) && { proxy: false }),
    };
  }

  /**
   * Calls a function and gives the bytes of its answer.
   *
   * @throws FrappeError for every fault; the reason of `call.signal` when that aborts.
   */
  async callBytes(call: FrappeCall): Promise<Uint8Array> {
    const { action, signal } = call;
    const deadline = { clock: this.#clock, timeoutMs: this.#timeoutMs, action };
    this.#watch?.beforeCall();
    try {
      const bytes = await withDeadline(signal ? { ...deadline, signal } : deadline, (both) =>
        this.#exchange(call, both),
      );
      this.#watch?.afterCall(null);
      return bytes;
    } catch (error) {
      if (signal?.aborted === true) throw asError(signal.reason);
      const fault = this.#faultOf(action, error);
      this.#watch?.afterCall(fault);
      throw fault;
    }
  }

  /**
   * Calls a function and gives what it returned.
   *
   * @throws as `callBytes`; FrappeError `bad-answer` when it is no JSON.
   */
  async call(call: FrappeCall): Promise<unknown> {
    // A site that repeats the token must not bring it into an error text.
    const text = this.#redact(Buffer.from(await this.callBytes(call)).toString("utf8"));
    const parsed = parseJson(text);
    if (parsed === null) {
      throw badAnswer(call.action, `no JSON came back, but "${plainText(text).slice(0, 80)}"`);
    }
    return isRecord(parsed.value) ? parsed.value["message"] : parsed.value;
  }

  async #exchange(call: FrappeCall, signal: AbortSignal): Promise<Uint8Array> {
    const response = await fetch(this.#url(call), this.#init(call, signal));
    if (response.status !== 200) {
      const { bytes } = await readBody(response, ERROR_BYTES_MAX);
      throw errorOfAnswer(call.action, {
        status: response.status,
        body: this.#redact(Buffer.from(bytes).toString("utf8")),
        location: response.headers.get("location"),
        retryAfterMs: retryAfterMs(response.headers.get("retry-after"), this.#clock.nowMs()),
      });
    }
    const { bytes, whole } = await readBody(response, BODY_BYTES_MAX);
    if (whole) return bytes;
    const text = `the answer is longer than ${BODY_BYTES_MAX / 1024 / 1024} MiB`;
    const parts = { kind: "too-large", transient: false, status: 200 } as const;
    throw new FrappeError(`${call.action}: ${text}`, parts);
  }

  #url({ method, verb, params = {} }: FrappeCall): string {
    const query = verb === "GET" ? new URLSearchParams(params).toString() : "";
    return `${this.baseUrl}/api/method/${method}${query === "" ? "" : `?${query}`}`;
  }

  #init({ verb, params = {} }: FrappeCall, signal: AbortSignal): BunFetchRequestInit {
    if (verb === "GET") return { ...this.#request, headers: this.#headers, signal };
    return {
      ...this.#request,
      method: "POST",
      // A connection that the server has just closed would make the outcome unknown.
      keepalive: false,
      headers: { ...this.#headers, "Content-Type": "application/json" },
      body: JSON.stringify(params),
      signal,
    };
  }

  #faultOf(action: string, error: unknown): FrappeError {
    if (error instanceof FrappeError) return error;
    if (error instanceof DeadlineError) {
      return new FrappeError(error.message, { kind: "timeout", transient: true });
    }
    const where = `"${this.baseUrl}"`;
    const reason = this.#redact(describeError(error)).replace(/ For more information, pass.*/, "");
    if (CERTIFICATE_CODES.test(codeOrMessage(error))) {
      const text = `the certificate of ${where} is not to be trusted: ${reason}; "webserver_url" must use the name that stands in it`;
      return new FrappeError(`${action}: ${text}`, {
        kind: "certificate",
        transient: false,
        wasSent: false,
      });
    }
    const text = `no answer from ${where}: ${reason}; is the web server running, and is this its address?`;
    const wasSent = !NOT_CONNECTED.test(codeOrMessage(error));
    return new FrappeError(`${action}: ${text}`, { kind: "unreachable", transient: true, wasSent });
  }
}

/** The fault of an answer that is not what was promised; trying again would give the same. */
export function badAnswer(action: string, text: string): FrappeError {
  return new FrappeError(`${action}: ${text}`, {
    kind: "bad-answer",
    transient: false,
    status: 200,
  });
}
