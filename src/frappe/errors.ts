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
  readonly cause?: unknown;
}

/** A call to Frappe failed; its message holds no token. */
export class FrappeError extends Error {
  override readonly name = "FrappeError";
  readonly kind: FrappeFault;
  /** Whether the same call may succeed later without anybody's doing. */
  readonly transient: boolean;
  readonly status: number | null;

  constructor(message: string, { kind, transient, status, cause }: FrappeErrorParts) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.transient = transient;
    this.status = status ?? null;
  }
}
