/** `btu doctor` on the daemon that runs, if one does. */
import { describeError } from "../base/errors.ts";
import { versionText } from "../base/version.ts";
import type { Config } from "../config/schema.ts";
import { NoDaemonError } from "../control/client.ts";
import type { Book } from "../engine/book.ts";
import { configuredChoice } from "../job/choose-builder.ts";
import { buildersInUse } from "../observe/builders-in-use.ts";
import { builderWarnings, invalidWarnings } from "../observe/status.ts";
import type { StatusDocument } from "../observe/status.ts";
import { asStatus } from "./answers.ts";
import type { CliContext } from "./context.ts";
import { invalidSchedules } from "./doctor-site.ts";
import { findingsOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { OwnReading } from "./own-reading.ts";
import { distanceText, durationText, millisecondsText, secondsOf } from "../base/times.ts";

/** A read may take a while and be tried again; after so many intervals without one something is wrong. */
const INTERVALS_MAX = 3;

const area = findingsOf("daemon");

function refreshFinding({ refresh, at }: StatusDocument): Finding {
  const { last_at: last, every_s: every, took_ms: took } = refresh;
  if (last === null) {
    return area.warning('the schedules were not read yet: look at "btu status" in a moment');
  }
  const agoSeconds = secondsOf(at) - secondsOf(last);
  const text = `last reconcile ${distanceText(secondsOf(last), secondsOf(at))}, in ${millisecondsText(took)}`;
  if (agoSeconds <= every * INTERVALS_MAX) return area.ok(text);
  return area.error(`${text}, though every ${durationText(every)} one is due: look into its log`);
}

function versionFinding({ daemon, at }: StatusDocument): Finding {
  const up = durationText(secondsOf(at) - secondsOf(daemon.started_at));
  const text = `runs, version ${daemon.version}, pid ${daemon.pid}, up ${up}`;
  if (daemon.version === versionText) return area.ok(text);
  return area.warning(`${text}; btu is of version ${versionText}: restart the daemon`);
}

/** Without what stands among the schedules and jobs already, as we read them ourselves. */
function newWarnings(
  { warnings }: StatusDocument,
  { config, book }: { readonly config: Config; readonly book: Book },
): string[] {
  const builders = buildersInUse(book.schedules.values(), configuredChoice(config));
  const told = new Set([...invalidWarnings(invalidSchedules(book)), ...builderWarnings(builders)]);
  return warnings.filter((warning) => !told.has(warning));
}

/** What the daemon says of itself. */
export async function checkDaemon(context: CliContext, { book }: OwnReading): Promise<Finding[]> {
  let status: StatusDocument;
  try {
    status = asStatus(await context.ask("status"));
  } catch (error) {
    const text = describeError(error);
    if (!(error instanceof NoDaemonError)) return [area.error(text)];
    return [area.warning(`${text}: nothing is fired until one is started`)];
  }
  return [
    versionFinding(status),
    refreshFinding(status),
    ...status.problems.map((problem) => area.error(problem)),
    ...newWarnings(status, { config: context.config().config, book }).map((warning) =>
      area.warning(warning),
    ),
  ];
}
