/** What can go wrong with a call to Frappe, as people and as the caller's retry need it told. */

/** What kind of fault it is; `FrappeError.transient` tells whether trying again can help. */
export type FrappeFault =
  /** No connection, or it broke before the answer was whole. */
  | "unreachable"
  | "timeout"
  /** The server's certificate is not to be trusted under the name that was used. */
  | "certificate"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  /** The web server knows no site of that name. */
  | "wrong-site"
  /** Frappe understood and says no. */
  | "rejected"
  /** The app lacks the endpoint or cannot be imported. */
  | "app-broken"
  | "rate-limited"
  | "server-error"
  /** The web server before Frappe got no answer from it. */
  | "gateway"
  | "maintenance"
  /** A lock or deadlock in the site's database. */
  | "busy"
  | "redirected"
  /** The answer is not what the endpoint promises. */
  | "bad-answer"
  | "too-large"
  /** The app says, in an answer of status 200, that it could not enqueue. */
  | "not-enqueued"
  | "unexpected-status";

/** What a `FrappeError` is made of. */
export interface FrappeErrorParts {
  readonly kind: FrappeFault;
  readonly transient: boolean;
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** False when not a byte of the request can have reached the site; default true. */
  readonly wasSent?: boolean;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A call to Frappe failed; its message holds no token. */
export class FrappeError extends Error {
  override readonly name = "FrappeError";
  readonly kind: FrappeFault;
  /** Whether the same call may succeed later without anybody's doing. */
  readonly transient: boolean;
  readonly status: number | null;
  /** Whether the site may have seen the request. */
  readonly wasSent: boolean;
  /** How long the server wants to be left alone, 0 where it does not tell. */
  readonly retryAfterMs: number;

  constructor(message: string, parts: FrappeErrorParts) {
    super(message, parts.cause === undefined ? {} : { cause: parts.cause });
    this.kind = parts.kind;
    this.transient = parts.transient;
    this.status = parts.status ?? null;
    this.wasSent = parts.wasSent ?? true;
    this.retryAfterMs = parts.retryAfterMs ?? 0;
  }

  /** The same fault, told of a request that was not even tried because of it. */
  ofUnsent(): FrappeError {
    const { kind, transient, status, retryAfterMs, cause } = this;
    const parts = { kind, transient, wasSent: false, retryAfterMs, cause };
    return new FrappeError(this.message, status === null ? parts : { ...parts, status });
  }
}
