/** Errors of MariaDB and of its driver, sorted. */
import { codeOf } from "../base/errors.ts";
import type { SqlTarget } from "../config/targets.ts";
import { BTU_TABLES } from "./btu-generation.ts";
import type { SqlQuery } from "./sql-engine.ts";
import type { SqlFault } from "./sql-fault.ts";

/** What the sorting may ask. */
interface Context {
  readonly target: SqlTarget;
  /** Asks on the connection that failed, where there is one. */
  readonly query: SqlQuery | null;
}

const PLAIN: ReadonlyMap<string, SqlFault["kind"]> = new Map([
  ["ER_BAD_DB_ERROR", "no database"],
  ["ER_ACCESS_DENIED_ERROR", "log-in refused"],
  ["ER_ACCESS_DENIED_NO_PASSWORD_ERROR", "log-in refused"],
  ["ER_HOST_NOT_PRIVILEGED", "host refused"],
  ["ER_HOST_IS_BLOCKED", "host blocked"],
  ["ER_CON_COUNT_ERROR", "too many connections"],
  ["ER_TOO_MANY_USER_CONNECTIONS", "too many connections"],
  ["ER_USER_LIMIT_REACHED", "too many connections"],
  ["HANDSHAKE_NO_SSL_SUPPORT", "no TLS"],
  ["ER_SECURE_TRANSPORT_REQUIRED", "TLS wanted"],
  ["HANDSHAKE_SSL_ERROR", "certificate"],
]);
const TABLE_CODES: ReadonlySet<string> = new Set([
  "ER_TABLEACCESS_DENIED_ERROR",
  "ER_COLUMNACCESS_DENIED_ERROR",
]);

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** `'reader'@'%'`, as a GRANT wants it. */
function quoteAccount(account: string): string {
  const at = account.lastIndexOf("@");
  return `'${account.slice(0, at)}'@'${account.slice(at + 1)}'`;
}

/** Our account as the server knows it; where it cannot be asked, the host is left to the administrator. */
async function ownAccount({ target, query }: Context): Promise<string> {
  const unknown = `${target.user}@HOST`;
  if (query === null) return unknown;
  const sql = "SELECT CURRENT_USER() AS account";
  const [row] = await query({ sql, values: [] }).catch(() => []);
  const account = row?.["account"];
  return typeof account === "string" ? account : unknown;
}

async function grantTo(context: Context, table: string): Promise<string> {
  const account = quoteAccount(await ownAccount(context));
  return `GRANT SELECT ON \`${context.target.database}\`.\`${table}\` TO ${account}`;
}

/** The table that an error message names, without its database: "table `db`.`t`", "in table 't'", "Table 'db.t' …". */
function tableIn(message: string): string {
  const named = /\btable (?:`[^`]*`\.)?[`']([^`']+)[`']/i.exec(message)?.[1] ?? "";
  return named.slice(named.indexOf(".") + 1);
}

/** What is wrong, or null when nothing more is known than the driver says. */
export async function mariadbFault(error: unknown, context: Context): Promise<SqlFault | null> {
  const code = codeOf(error);
  const message = textOf(error);
  const kind = PLAIN.get(code);
  if (kind !== undefined) return { kind };
  if (code === "ER_NO_SUCH_TABLE") return { kind: "no table", table: tableIn(message) };
  if (TABLE_CODES.has(code)) {
    const table = tableIn(message);
    return { kind: "no right on table", table, grant: await grantTo(context, table) };
  }
  if (code === "ER_DBACCESS_DENIED_ERROR") {
    return { kind: "no right in database", grant: await grantTo(context, BTU_TABLES.schedule) };
  }
  if (code === "AUTH_SWITCH_PLUGIN_ERROR") {
    const plugin = /plugin (?:client_)?(\w+)/.exec(message)?.[1] ?? "another plugin";
    return { kind: "unknown log-in", plugin };
  }
  return null;
}
