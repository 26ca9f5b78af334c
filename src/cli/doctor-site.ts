/** `btu doctor` on the site: schedules, rights in its database, web server. */
import { describeError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import { sqlTarget, webserverTarget } from "../config/targets.ts";
import { openEndpoints } from "../frappe/open-endpoints.ts";
import type { Book } from "../engine/book.ts";
import { configuredChoice } from "../job/choose-builder.ts";
import { buildersInUse } from "../observe/builders-in-use.ts";
import { invalidWarnings } from "../observe/status.ts";
import type { BtuGeneration } from "../schedule/btu-generation.ts";
import { BTU_TABLES } from "../schedule/btu-generation.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { checkSql } from "../schedule/sql-check.ts";
import type { SqlCheck } from "../schedule/sql-check.ts";
import type { CliContext } from "./context.ts";
import { findingsOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { OwnReading } from "./own-reading.ts";
import { counted } from "./text.ts";

/** Those that somebody wants to run, and that cannot. */
export function invalidSchedules(book: Book): Schedule[] {
  return [...book.schedules.values(), ...book.rejected].filter(
    ({ enabled, problem }) => enabled && problem !== null,
  );
}

/** What the sources hold. */
export function checkSchedules({ book, problems, sources, generation }: OwnReading): Finding[] {
  const area = findingsOf("schedules");
  const all = [...book.entries()].map(({ schedule }) => schedule);
  const enabled = all.filter((schedule) => schedule.enabled);
  const broken = problems.map((problem) => area.error(problem));
  if (broken.length === sources.length) return broken;
  return [
    ...broken,
    area.ok(`${counted(all.length, "schedule")}, ${enabled.length} enabled: ${sources.join(", ")}`),
    ...(generation === null ? [] : [area.ok(`the site's BTU app: ${generation.label}`)]),
    ...invalidWarnings(invalidSchedules(book)).map((text) => area.warning(text)),
  ];
}

/** Which builders make the jobs of the site, and what would serve better. */
export function checkJobs(config: Config, { book }: OwnReading): Finding[] {
  const area = findingsOf("jobs");
  const hasServer = webserverTarget(config) !== null;
  return buildersInUse(book.schedules.values(), configuredChoice(config)).flatMap((used) => {
    const { kind, schedules, why, problem, advice } = used;
    const text = `${kind} for ${counted(schedules, "schedule")}: ${why}`;
    if (problem === null)
      return [advice === null ? area.ok(text) : area.warning(`${text}; ${advice}`)];
    // What the lack of a web server means is told of the web server.
    return kind === "native" || hasServer ? [area.error(`${text}, but ${problem}`)] : [];
  });
}

/** A table that older apps lack is no matter there. */
function isMatter(table: string, generation: BtuGeneration | null): boolean {
  return table !== BTU_TABLES.runLater || generation?.hasOwnZones === true;
}

function sqlFindings(check: SqlCheck, generation: BtuGeneration | null): Finding[] {
  const area = findingsOf("SQL rights");
  const found = check.problems
    .filter(({ table }) => isMatter(table, generation))
    .map(({ text, isNeeded }) => (isNeeded ? area.error(text) : area.warning(text)));
  return found.length > 0 ? found : [area.ok("every table that is needed may be read")];
}

/** What the database allows, and what the app wants of the socket. */
export interface SqlFindings {
  readonly findings: readonly Finding[];
  readonly appSocket: string | null;
}

/** Tries the tables; null where no database is configured. */
export async function checkOwnSql(
  context: CliContext,
  generation: BtuGeneration | null,
): Promise<SqlFindings | null> {
  const target = sqlTarget(context.config().config);
  if (target === null) return null;
  const { signal } = new AbortController();
  try {
    const check = await checkSql(target, { clock: context.clock, signal });
    return { findings: sqlFindings(check, generation), appSocket: check.appSocket };
  } catch {
    // What is wrong stands among the schedules, which come from there.
    return null;
  }
}

/** What to say where no token is configured. */
function withoutToken(context: CliContext, generation: BtuGeneration | null): Finding[] {
  const area = findingsOf("web server");
  if (generation === null) return [];
  const { config } = context.config();
  const isNative = generation.runsById && config.job_builder !== "pickled" && config.site !== null;
  if (isNative && config.frappe_user !== null) {
    return [area.ok("not configured and not needed: jobs are built without it")];
  }
  const why = isNative
    ? "it tells whose the jobs are; set webserver_token or frappe_user"
    : `this app's jobs are pickled by it; set webserver_token${generation.runsById ? ", or site and frappe_user" : ""}`;
  return [area.error(`webserver_token is not configured: ${why}`)];
}

/** Asks the site's web server, and whose the token is. */
export async function checkWebServer(
  context: CliContext,
  generation: BtuGeneration | null,
): Promise<Finding[]> {
  const area = findingsOf("web server");
  const { clock } = context;
  const endpoints = openEndpoints({ config: context.config().config, clock });
  if (endpoints === null) return withoutToken(context, generation);
  try {
    await endpoints.ping();
    const user = await endpoints.loggedUser();
    return [area.ok(`${endpoints.baseUrl} answers; the token is that of "${user}"`)];
  } catch (error) {
    return [area.error(describeError(error))];
  }
}
