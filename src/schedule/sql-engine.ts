/** What all databases have in common for us: deadlines, cut connections, errors in words for people. */
import { DeadlineError, withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { codeOf } from "../base/errors.ts";
import type { SqlTarget } from "../config/targets.ts";
import type { Dialect, SqlStatement } from "./btu-sql.ts";
import { SourceError } from "./source-error.ts";
import { sqlError } from "./sql-fault.ts";
import type { SqlFault } from "./sql-fault.ts";

/** A row as a driver gives it: column name to text, number or null. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs a statement and gives its rows. */
export type SqlQuery = (statement: SqlStatement) => Promise<readonly SqlRow[]>;

/** A connection as a driver has it. */
export interface DriverConnection {
  readonly query: SqlQuery;
  /** The rows of a statement without values, a few at a time; ends with an error when the connection is destroyed. */
  stream(sql: string, query: SqlQuery): AsyncIterable<SqlRow>;
  /** Gives it back to the pool. */
  release(): void;
  /** Cuts it: a frozen server answers nothing else. */
  destroy(): void;
}

/** One kind of database. */
export interface SqlDriver {
  /** For people, without secrets: `MariaDB 127.0.0.1:3306/site`. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Codes of errors that say that columns or tables are others than before. */
  readonly staleCodes: ReadonlySet<string>;
  /** Takes a connection from the pool; one that comes after the signal's abort goes back by itself. */
  take(signal: AbortSignal): Promise<DriverConnection>;
  /** Sorts an error; `query` asks on the connection that failed, where there is one. */
  faultOf(error: unknown, query: SqlQuery | null): Promise<SqlFault | null>;
  close(): Promise<void>;
}

/** Runs statements on one connection; each stands alone and sees what is committed. */
export interface SqlSession {
  /** @throws SourceError or Error in words for people; the reason of the signal when that aborts. */
  readonly query: SqlQuery;
  /** @throws as `query`. */
  stream(sql: string): AsyncIterable<SqlRow>;
}

/** What the engine needs. */
export interface SqlEngineOptions {
  readonly driver: SqlDriver;
  readonly target: SqlTarget;
  readonly clock: Clock;
}

/** A statement over a few rows takes milliseconds; a server that is silent for longer is not there. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** For a connection, from its first packet to the log-in. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** The same with the wait for one of ours to become free. */
const TAKE_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** One whole read at a time, and room for a look at single rows. */
export const CONNECTIONS_MAX = 2;

const ACTION = "read schedules";

/** A database server; connects when it is first asked to. */
export class SqlEngine {
  readonly #options: SqlEngineOptions;

  constructor(options: SqlEngineOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.driver.name;
  }

  get dialect(): Dialect {
    return this.#options.driver.dialect;
  }

  /** Whether the error says that the tables are not those that were looked at before. */
  isStale(error: unknown): boolean {
    const cause = error instanceof Error ? error.cause : error;
    return this.#options.driver.staleCodes.has(codeOf(cause));
  }

  /** Gives what `work` reads on a connection of its own. */
  async withSession<T>(signal: AbortSignal, work: (session: SqlSession) => Promise<T>): Promise<T> {
    const session = await this.open(signal);
    let isIdle = false;
    try {
      const result = await work(session);
      isIdle = true;
      return result;
    } finally {
      session.close(isIdle);
    }
  }

  /**
   * Takes a connection; whoever opens a session closes it.
   *
   * @throws as `SqlSession.query`.
   */
  async open(signal: AbortSignal): Promise<OpenSession> {
    const { driver, clock } = this.#options;
    const options = { clock, timeoutMs: TAKE_TIMEOUT_MS, action: "connect", signal };
    try {
      const connection = await withDeadline(options, (deadline) => driver.take(deadline));
      return new OpenSession(this.#options, connection, signal);
    } catch (error) {
      throw await explain(this.#options, "connect", { error, signal, query: null });
    }
  }

  /** Ends all connections; a server that does not say good-bye is not waited for. */
  async close(): Promise<void> {
    const { driver, clock } = this.#options;
    const options = { clock, timeoutMs: CLOSE_TIMEOUT_MS, action: "close" };
    await withDeadline(options, () => driver.close()).catch(() => undefined);
  }
}

interface Failure {
  readonly error: unknown;
  readonly signal: AbortSignal;
  readonly query: SqlQuery | null;
}

async function explain(
  { driver, target }: SqlEngineOptions,
  action: string,
  { error, signal, query }: Failure,
): Promise<unknown> {
  if (signal.aborted) return signal.reason;
  // In words for people already.
  if (error instanceof SourceError || error instanceof DeadlineError) return error;
  return sqlError(await driver.faultOf(error, query), { action, cause: error, target });
}

/** A session that somebody has to close. */
export class OpenSession implements SqlSession {
  readonly #options: SqlEngineOptions;
  readonly #connection: DriverConnection;
  readonly #signal: AbortSignal;
  readonly #cut = (): void => this.#connection.destroy();

  constructor(options: SqlEngineOptions, connection: DriverConnection, signal: AbortSignal) {
    this.#options = options;
    this.#connection = connection;
    this.#signal = signal;
    signal.addEventListener("abort", this.#cut, { once: true });
  }

  readonly query: SqlQuery = async (statement) => {
    try {
      return await this.#soon(statement);
    } catch (error) {
      throw await this.#explain(error);
    }
  };

  async *stream(sql: string): AsyncGenerator<SqlRow> {
    try {
      yield* this.#connection.stream(sql, (statement) => this.#soon(statement));
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  /** One that may be in the midst of something is cut: it must not serve the next reader. */
  close(isIdle: boolean): void {
    this.#signal.removeEventListener("abort", this.#cut);
    if (isIdle && !this.#signal.aborted) this.#connection.release();
    else this.#connection.destroy();
  }

  #soon(statement: SqlStatement): Promise<readonly SqlRow[]> {
    const { clock } = this.#options;
    const deadline = { clock, timeoutMs: STATEMENT_TIMEOUT_MS, action: ACTION };
    return withDeadline({ ...deadline, signal: this.#signal }, () =>
      this.#connection.query(statement),
    );
  }

  #explain(error: unknown): Promise<unknown> {
    const query: SqlQuery = (statement) => this.#soon(statement);
    return explain(this.#options, ACTION, { error, signal: this.#signal, query });
  }
}
