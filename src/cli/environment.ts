/** The variables that `btu` heeds, for help and manual page. */

/** Each with what it does. */
export const ENVIRONMENT: ReadonlyArray<readonly [name: string, does: string]> = [
  ["BTU_SCHEDULER_CONFIG", "Configuration to use, unless --config names another"],
  ["BTU_SCHEDULER_…", "Any key of the configuration, such as BTU_SCHEDULER_RQ_HOST for rq_host"],
  ["NO_COLOR", "No colours, when it is not empty"],
  ["FORCE_COLOR", "Colours even where output is no terminal; 0 means none"],
  ["COLUMNS", "Width of tables where output is no terminal"],
  ["TZDIR", "Folder of the system's time zone files, in place of /usr/share/zoneinfo"],
];
