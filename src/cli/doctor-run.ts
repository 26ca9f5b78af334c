/** The work of `btu doctor`. */
import { isActive } from "../agenda/plan.ts";
import { ConfigurationError, describeError } from "../base/errors.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { CliContext } from "./context.ts";
import { checkDaemon } from "./doctor-daemon.ts";
import { checkFiles, checkSocket, checkZones } from "./doctor-files.ts";
import { checkOwnRedis } from "./doctor-redis.ts";
import { doctorLines } from "./doctor-screen.ts";
import { checkJobs, checkOwnSql, checkSchedules, checkWebServer } from "./doctor-site.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { findingsOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { readSchedules } from "./own-reading.ts";
import type { OwnReading } from "./own-reading.ts";

const configuration = findingsOf("configuration");

function checkConfiguration({ path, warnings }: LoadedConfig): Finding[] {
  return [
    configuration.ok(path ?? "from the environment alone"),
    ...warnings.map((warning) => configuration.warning(warning)),
  ];
}

/** Whether its jobs go to the Redis that we look at, and not to one that only the site can reach. */
function isHere({ work }: Schedule): boolean {
  return work?.kind !== "btu_task" || work.isRemote !== true;
}

/** Queues of the schedules that can run, by the names that these use. */
function queuesInUse({ book }: OwnReading): string[] {
  const running = [...book.entries()]
    .map(({ schedule }) => schedule)
    .filter((schedule) => isActive(schedule) && isHere(schedule));
  return [...new Set(running.map(({ queue }) => queue))].toSorted();
}

async function checkRedisOf(context: CliContext, reading: OwnReading): Promise<Finding[]> {
  try {
    return await checkOwnRedis(context, queuesInUse(reading));
  } catch (error) {
    return [findingsOf("Redis").error(describeError(error))];
  }
}

async function examine(context: CliContext, loaded: LoadedConfig): Promise<Finding[]> {
  const { progress } = context;
  const reading = await progress.during("reading the schedules", () => readSchedules(context));
  const { generation } = reading;
  const sql = await progress.during("looking at the database", () =>
    checkOwnSql(context, generation),
  );
  const isUsed = generation !== null && !generation.hasOwnZones;
  return [
    ...checkConfiguration(loaded),
    ...checkFiles(loaded),
    ...checkZones(reading.zones),
    ...(await progress.during("looking at Redis", () => checkRedisOf(context, reading))),
    ...checkSchedules(reading),
    ...checkJobs(loaded.config, reading),
    ...(sql?.findings ?? []),
    ...(await progress.during("asking the web server", () => checkWebServer(context, generation))),
    ...checkSocket(loaded.config, {
      isUsed: isUsed && sql !== null,
      appSocket: sql?.appSocket ?? null,
    }),
    ...(await progress.during("asking the daemon", () => checkDaemon(context, reading))),
  ];
}

async function findings(context: CliContext): Promise<Finding[]> {
  let loaded: LoadedConfig;
  try {
    loaded = context.config();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map((fault) => configuration.error(fault));
  }
  try {
    return await examine(context, loaded);
  } catch (error) {
    // Zone data that were chosen and are not there.
    if (!(error instanceof ConfigurationError)) throw error;
    return [...checkConfiguration(loaded), findingsOf("time zones").error(error.faults.join("; "))];
  }
}

/** Looks at everything and tells what it found. */
export async function runDoctor(isJson: boolean, context: CliContext): Promise<ExitCode> {
  const { output } = context;
  const found = await findings(context);
  const countOf = (level: Finding["level"]): number =>
    found.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [countOf("error"), countOf("warning")];
  const shown = output.isQuiet ? found.filter(({ level }) => level !== "ok") : found;
  if (isJson) output.json({ errors, warnings, findings: shown });
  else
    output.lines(
      doctorLines(shown, {
        style: output.style,
        width: output.width,
        errors,
        warnings,
        isQuiet: output.isQuiet,
      }),
    );
  return errors > 0 ? EXIT.problem : EXIT.ok;
}
