/** What can be wrong between us and a database, in words for people, each with its way out. */
import type { SqlTarget } from "../config/targets.ts";
import { SourceError } from "./source-error.ts";

/** A fault that has a way out of its own. */
export interface SqlFault {
  readonly kind: keyof typeof TEXTS;
  /** The table that is meant. */
  readonly table?: string;
  /** The statement that gives the right. */
  readonly grant?: string;
  /** How the user wants to log in. */
  readonly plugin?: string;
}

type Facts = Required<Omit<SqlFault, "kind">> & { readonly target: SqlTarget };

const ADMINISTRATOR = "let an administrator of the database run";

function placeOf({ type, schema, database }: SqlTarget): string {
  const place = `database "${database}"`;
  return type === "postgres" ? `schema "${schema}" of ${place}` : place;
}

const TEXTS = {
  "no database": ({ target }: Facts) =>
    `there is no database "${target.database}"; sql_database must be db_name of the site's site_config.json`,
  "no right in database": ({ target, grant }: Facts) =>
    `user "${target.user}" may not use ${placeOf(target)}; check sql_database, or ${ADMINISTRATOR}: ${grant}`,
  "no table": ({ target, table }: Facts) =>
    `${placeOf(target)} has no table "${table}"; check sql_database${target.type === "postgres" ? " and sql_schema" : ""}, and that the app btu is installed on the site`,
  "no right on table": ({ target, table, grant }: Facts) =>
    `user "${target.user}" may not read "${table}"; ${ADMINISTRATOR}: ${grant}`,
  "log-in refused": ({ target }: Facts) =>
    `user "${target.user}" is refused; check sql_user and sql_password, and whether the user may come from this host${target.tls === null ? " and without TLS (sql_tls)" : ""}`,
  "no password": ({ target }: Facts) =>
    `user "${target.user}" has to give a password; set sql_password`,
  "unknown log-in": ({ target, plugin }: Facts) =>
    `the server asks user "${target.user}" to log in by "${plugin}", which this program does not know (nor does it exist for ` +
    `every user); check sql_user, or ${ADMINISTRATOR}: ` +
    `ALTER USER '${target.user}'@'HOST' IDENTIFIED VIA mysql_native_password USING PASSWORD('SECRET')`,
  "host refused": ({ target }: Facts) =>
    `the server takes no connection from this host; check sql_host, or ${ADMINISTRATOR} CREATE USER for "${target.user}" at this host`,
  "host blocked": () =>
    `the server has blocked this host after too many failed connections; ${ADMINISTRATOR}: FLUSH HOSTS`,
  "too many connections": () =>
    "no connection is left for us; raise the limit of the server or of the user",
  "no TLS": () => "the server does not speak TLS; set it up there, or remove sql_tls",
  "TLS wanted": () => "the server wants TLS; set sql_tls = true",
  certificate: ({ target }: Facts) =>
    `the certificate of "${target.tls?.serverName}" is not to be trusted; sql_tls_ca must hold the authority that signed it, and sql_tls_server_name the name in it`,
} as const;

/** Faults that pass without anybody's doing. */
const TRANSIENT: ReadonlySet<SqlFault["kind"]> = new Set(["too many connections"]);

/** What failed, and what the driver says of it. */
export interface SqlFailure {
  readonly action: string;
  readonly cause: unknown;
  readonly target: SqlTarget;
}

/** The error to throw: SourceError where somebody has to act before the next attempt. */
export function sqlError(fault: SqlFault | null, { action, cause, target }: SqlFailure): Error {
  if (fault === null) return new Error(action, { cause });
  const { kind, table = "", grant = "", plugin = "" } = fault;
  const text = `${action}: ${TEXTS[kind]({ target, table, grant, plugin })}`;
  return TRANSIENT.has(kind) ? new Error(text, { cause }) : new SourceError(text, { cause });
}
