/** Zone data for a command, by the same choice as the daemon's. */
import { ConfigurationError } from "../base/errors.ts";
import type { Environment } from "../config/given.ts";
import { openZoneData } from "../cron/zone-data.ts";
import type { ZoneData, ZoneDataChoice } from "../cron/zone-data.ts";
import { ZoneError } from "../cron/zone.ts";

/** @throws ConfigurationError when the data that were chosen are not there. */
export function openZones(choice: ZoneDataChoice, env: Environment): ZoneData {
  try {
    return openZoneData({ choice, directory: env["TZDIR"] });
  } catch (error) {
    if (!(error instanceof ZoneError)) throw error;
    throw new ConfigurationError("zone_data", [error.message], { cause: error });
  }
}
