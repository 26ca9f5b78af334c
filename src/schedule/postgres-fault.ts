/** Errors of PostgreSQL and of its driver, sorted by their SQLSTATE. */
import { codeOf } from "../base/errors.ts";
import type { SqlTarget } from "../config/targets.ts";
import type { SqlFault } from "./sql-fault.ts";

const PLAIN: ReadonlyMap<string, SqlFault["kind"]> = new Map([
  ["3D000", "no database"],
  ["28P01", "log-in refused"],
  ["28000", "log-in refused"],
  ["53300", "too many connections"],
]);
const INSUFFICIENT_PRIVILEGE = "42501";
const UNDEFINED_TABLE = "42P01";
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS|ERR_SSL/;
/** Where the log-in rules of the server (pg_hba.conf) let nobody in without TLS. */
const WITHOUT_TLS = /no encryption|SSL off/;

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `permission denied for table tabBTU Task`, `… for schema public`, `… for database x`. */
function missingRight(message: string, { schema, database, user }: SqlTarget): SqlFault | null {
  const [, what = "", name = ""] = /permission denied for (\w+) (.+)/.exec(message) ?? [];
  const to = `TO ${quote(user)}`;
  switch (what) {
    case "table":
    case "relation": {
      const grant = `GRANT SELECT ON ${quote(schema)}.${quote(name)} ${to}`;
      return { kind: "no right on table", table: name, grant };
    }
    case "schema":
      return {
        kind: "no right in database",
        grant: `GRANT USAGE ON SCHEMA ${quote(schema)} ${to}`,
      };
    case "database": {
      const grant = `GRANT CONNECT ON DATABASE ${quote(database)} ${to}`;
      return { kind: "no right in database", grant };
    }
    default:
      return null;
  }
}

/** Faults that come without a code, from the driver itself. */
function uncoded(message: string): SqlFault | null {
  if (message.includes("password must be a")) return { kind: "no password" };
  return message === "The server does not support SSL connections" ? { kind: "no TLS" } : null;
}

/** What is wrong, or null when nothing more is known than the driver says. */
export function postgresFault(error: unknown, target: SqlTarget): SqlFault | null {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : "";
  if (code === "") return uncoded(message);
  if (target.tls === null && WITHOUT_TLS.test(message)) return { kind: "TLS wanted" };
  if (code === INSUFFICIENT_PRIVILEGE) return missingRight(message, target);
  if (CERTIFICATE.test(code)) return { kind: "certificate" };
  const kind = PLAIN.get(code);
  if (kind !== undefined) return { kind };
  if (code !== UNDEFINED_TABLE) return null;
  const named = /relation "(.+)" does not exist/.exec(message)?.[1] ?? "";
  return { kind: "no table", table: named.slice(named.indexOf(".") + 1) };
}
