/** The keys that say how the scheduler behaves. */
import { boolean, choice, integer, text } from "./kind.ts";
import { fileMode, path, queuePrefix, socketPath, zone } from "./kind-place.ts";
import { key } from "./key.ts";

const SECONDS_PER_DAY = 86_400;

/** What concerns the scheduler as a whole. */
export const GENERAL_KEYS = {
  name: key(text(), {
    default: "BTU Scheduler",
    about: "What this scheduler is called in its log and status.",
    live: true,
  }),
  environment_name: key(text(), {
    default: null,
    whenUnset: "no label",
    about: "A label beside the name, to tell one environment from another.",
    live: true,
    example: "PROD",
  }),
  time_zone_string: key(zone(), {
    default: "UTC",
    about: "The time zone of schedules in schedules_file that name none.",
  }),
  zone_data: key(choice(["auto", "system", "builtin"]), {
    default: "auto",
    about:
      "Which time zone rules count: the machine's, the program's own, or the newer of the two.",
  }),
  full_refresh_internal_secs: key(integer({ min: 1, max: 7 * SECONDS_PER_DAY, unit: "seconds" }), {
    default: 90,
    about: "How often all schedules are read again, besides the changes that are told at once.",
    live: true,
    aliases: ["max_seconds_between_updates"],
  }),
  startup_without_database_connections: key(boolean(), {
    default: true,
    about:
      "Whether to start while SQL or Redis is away; with false the daemon then ends with exit code 1.",
  }),
};

/** How an occurrence becomes an RQ job. */
export const JOB_KEYS = {
  job_builder: key(choice(["auto", "native", "pickled", "delegated"]), {
    default: "auto",
    about:
      "Who makes the jobs of a site: this program (native), the web server (pickled), the app, which also enqueues them (delegated), or whichever fits the site.",
  }),
  site: key(text({ expected: "the name of a Frappe site", pattern: /^[\w.-]+$/ }), {
    default: null,
    whenUnset: "jobs of a site are pickled by the web server",
    about: "The name of the Frappe site, which native jobs carry.",
    example: "erp.example.com",
  }),
  frappe_user: key(text(), {
    default: null,
    whenUnset: "the user of webserver_token",
    about: "The Frappe user that native jobs run as.",
    example: "btu@example.com",
  }),
  bench_id: key(text({ expected: "text without blanks or colons", pattern: /^[^\s:]+$/ }), {
    default: null,
    whenUnset: "the one prefix that live workers listen on, if any",
    about: "The bench's id, which Frappe 14 and later put before the names of queues.",
    example: "home-frappe-frappe-bench",
  }),
  queue_prefix: key(queuePrefix(), {
    default: null,
    whenUnset: "bench_id and a colon",
    about:
      "What stands before the names of queues, in place of bench_id; a missing colon is added.",
    example: "home-frappe-frappe-bench:",
    aliases: ["jobs_site_prefix"],
  }),
  job_id_style: key(choice(["auto", "plain", "pipes", "colons"]), {
    default: "auto",
    about:
      "The ids of a site's jobs: plain, or with the site's name and || or :: before them, as Frappe 16 or 15 makes them; auto follows the version of the workers, for RQ 2.8 and later refuses all but plain ones.",
  }),
  result_ttl_secs: key(integer({ min: -1, max: 366 * SECONDS_PER_DAY, unit: "seconds" }), {
    default: 600,
    about:
      "How long Redis keeps a site's job and its result after success; rq_results_ttl in the site's files. -1 keeps it for ever.",
  }),
  failure_ttl_secs: key(integer({ min: -1, max: 366 * SECONDS_PER_DAY, unit: "seconds" }), {
    default: 7 * SECONDS_PER_DAY,
    about:
      "How long Redis keeps a site's job that failed; rq_job_failure_ttl in the site's files. -1 keeps it for ever.",
  }),
  prefetch_secs: key(integer({ min: 0, max: 3600, unit: "seconds" }), {
    default: 5,
    about: "How long before its due time a pickled job is fetched from the web server.",
  }),
  pickled_fallback: key(choice(["wait", "cached"]), {
    default: "wait",
    about:
      "What happens when a pickled job cannot be fetched in time: it is late, or placed as it was fetched last for the same task and schedule.",
  }),
};

/** How the app and the operator talk to the daemon. */
export const CONTROL_KEYS = {
  socket_path: key(socketPath(), {
    default: "/tmp/btu_scheduler.sock",
    about: "The Unix socket that the app and the btu command connect to.",
  }),
  socket_file_group_owner: key(text({ expected: "the name or number of a group" }), {
    default: null,
    whenUnset: "the daemon's own group",
    about: "The group that may use the socket, by name or number.",
    example: "www-data",
  }),
  socket_mode: key(fileMode(), {
    default: 0o660,
    about: "The permissions of the socket.",
  }),
  disable_unix_socket: key(boolean(), {
    default: false,
    about: "Whether to go without the Unix socket.",
  }),
  disable_redis_rpc: key(boolean(), {
    default: false,
    about: "Whether to leave the commands alone that the app sends through Redis.",
  }),
  command_poll_secs: key(integer({ min: 1, max: 3600, unit: "seconds" }), {
    default: 5,
    about:
      "How often the app's commands are fetched from its web server, with connectivity_mode webserver.",
  }),
};

/** What is written down. */
export const RECORD_KEYS = {
  log_level: key(
    choice(["error", "warn", "info", "debug", "trace"], {
      warning: "warn",
      critical: "error",
      fatal: "error",
    }),
    {
      default: "info",
      about: "The least severe lines that are logged.",
      live: true,
      aliases: ["tracing_level"],
    },
  ),
  log_format: key(choice(["auto", "pretty", "plain", "json"]), {
    default: "auto",
    about: "The form of log lines; auto is pretty on a terminal and plain elsewhere.",
  }),
  log_file: key(path(), {
    default: null,
    whenUnset: "standard error",
    about: "A file for the log; it is opened anew on SIGHUP.",
    example: "/var/log/btu_scheduler/btu_scheduler.log",
    aliases: ["logger_path"],
  }),
  ledger_max_entries: key(integer({ min: 1, max: 100_000_000 }), {
    default: 100_000,
    about: "How many entries the ledger of firings keeps in Redis.",
    live: true,
  }),
};
