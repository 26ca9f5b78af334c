/** The entry of `btu-daemon`: arguments, signals, exit codes. */
import { isatty } from "node:tty";
import { systemClock } from "./base/clock.ts";
import { ConfigurationError, describeError, StartError, UsageError } from "./base/errors.ts";
import { openLog } from "./base/log.ts";
import type { LogFormat, OpenLog } from "./base/log.ts";
import { makeRedact } from "./base/redact.ts";
import { serviceManager } from "./base/service-manager.ts";
import { suggestion } from "./base/suggest.ts";
import { versionLine, versionText } from "./base/version.ts";
import { writeAll } from "./base/write-all.ts";
import { secretsOf } from "./config/describe.ts";
import { loadConfig } from "./config/load.ts";
import type { LoadedConfig } from "./config/load.ts";
import { DAEMON_FLAGS, daemonUsage } from "./daemon-usage.ts";

const STDOUT = 1;
const STDERR = 2;
const EXIT_PROBLEM = 1;
const EXIT_USAGE = 2;
/** "Internal software error" of sysexits.h: systemd starts us again. */
const EXIT_FAULT = 70;
/** What a shell reports for a process that a signal ended. */
const EXIT_SECOND_SIGNAL = 130;

const FORMATS = ["auto", "pretty", "plain", "json"] as const;
type FormatChoice = (typeof FORMATS)[number];
const FLAGS = DAEMON_FLAGS.map(([flag]) => flag.replace(/ .*/, ""));

interface Arguments {
  readonly config?: string;
  readonly logFormat?: FormatChoice;
  readonly checkOnly: boolean;
}

function valueOf(name: string, value: string | undefined): string {
  if (value === undefined || value === "")
    throw new UsageError(`${name}: expected a value after it`);
  return value;
}

function formatOf(value: string): FormatChoice {
  const found = FORMATS.find((format) => format === value);
  if (found === undefined)
    throw new UsageError(`--log-format "${value}": expected ${FORMATS.join(", ")}`);
  return found;
}

function parseArguments(argv: readonly string[]): Arguments {
  let parsed: Arguments = { checkOnly: false };
  for (let index = 0; index < argv.length; index += 1) {
    const [name, inline] = splitFlag(argv[index] ?? "");
    const next = (): string => valueOf(name, inline ?? argv[(index += 1)]);
    if (name === "--config") parsed = { ...parsed, config: next() };
    else if (name === "--log-format") parsed = { ...parsed, logFormat: formatOf(next()) };
    else if (name === "--check-config") parsed = { ...parsed, checkOnly: true };
    else throw new UsageError(`unknown argument "${name}"${suggestion(name, FLAGS)}`);
  }
  return parsed;
}

function splitFlag(argument: string): [name: string, inline?: string] {
  const equals = argument.indexOf("=");
  return argument.startsWith("--") && equals > 0
    ? [argument.slice(0, equals), argument.slice(equals + 1)]
    : [argument];
}

function logFormat(choice: FormatChoice): LogFormat {
  if (choice !== "auto") return choice;
  if (isatty(STDERR)) return "pretty";
  return process.env["JOURNAL_STREAM"] === undefined ? "plain" : "journal";
}

function startLog({ config }: LoadedConfig, args: Arguments): OpenLog {
  try {
    return openLog({
      level: config.log_level,
      format: logFormat(args.logFormat ?? config.log_format),
      file: config.log_file ?? undefined,
      redact: makeRedact(secretsOf(config)),
    });
  } catch (error) {
    throw new ConfigurationError("log_file", [
      `${describeError(error)}; check the path and who owns it`,
    ]);
  }
}

/** Faults that nobody caught must not be lost: they are told, and systemd starts us again. */
function exitOnFaults(open: OpenLog): void {
  const onFault = (error: unknown): void => {
    const stack = error instanceof Error && error.stack !== undefined ? error.stack : "";
    open.log.error(`internal fault: ${describeError(error)}`, { stack });
    process.exit(EXIT_FAULT);
  };
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
}

function stopOnSignals(open: OpenLog): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT_SECOND_SIGNAL);
      open.log.info("ending", { signal: name });
      controller.abort(new Error(`ended by ${name}`));
    });
  }
  return controller.signal;
}

/** Faults of the configuration may show only when Redis is there: whose state lies under `redis_key_prefix`. */
function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigurationError) return EXIT_USAGE;
  return error instanceof StartError ? EXIT_PROBLEM : EXIT_FAULT;
}

function load({ config: file }: Arguments): LoadedConfig {
  return loadConfig({ ...(file === undefined ? {} : { file }), env: process.env });
}

async function serve(loaded: LoadedConfig, args: Arguments): Promise<number> {
  const open = startLog(loaded, args);
  const { log } = open;
  exitOnFaults(open);
  const signal = stopOnSignals(open);
  const manager = serviceManager({
    socket: process.env["NOTIFY_SOCKET"],
    watchdogUs: process.env["WATCHDOG_USEC"],
    watchdogPid: process.env["WATCHDOG_PID"],
    ownPid: process.pid,
  });
  log.info("starting", { version: versionText, pid: process.pid, config: loaded.path });
  for (const warning of loaded.warnings) log.warn(warning);
  const { openDaemon } = await import("./daemon.ts");
  try {
    const daemon = openDaemon({
      config: loaded.config,
      configPath: loaded.path,
      zoneDirectory: process.env["TZDIR"],
      manager,
      clock: systemClock,
      log,
      loadAgain: () => load(args),
      onConfig: ({ log_level: level }) => open.setLevel(level),
    });
    process.on("SIGHUP", () => {
      manager?.tell("RELOADING=1");
      open.reopen();
      log.info("told to reload");
      daemon.reload();
      manager?.tell("READY=1");
    });
    await daemon.run(signal);
  } catch (error) {
    if (!signal.aborted) {
      const faults = error instanceof ConfigurationError ? error.faults : [describeError(error)];
      for (const fault of faults) log.error(fault);
      return exitCodeOf(error);
    }
    log.warn(`while ending: ${describeError(error)}`);
  }
  log.info("ended");
  open.close();
  return 0;
}

async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes("--version")) {
    const { builtinVersion } = await import("./cron/zone-builtin.ts");
    writeAll(STDOUT, `${versionLine("btu-daemon", builtinVersion())}\n`);
    return 0;
  }
  if (argv.includes("--help") || argv.includes("-h")) {
    writeAll(STDOUT, daemonUsage());
    return 0;
  }
  try {
    const args = parseArguments(argv);
    const loaded = load(args);
    if (!args.checkOnly) return await serve(loaded, args);
    for (const warning of loaded.warnings) writeAll(STDERR, `warning: ${warning}\n`);
    writeAll(STDOUT, `the configuration is valid: ${loaded.path ?? "from the environment"}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigurationError)) throw error;
    writeAll(STDERR, `btu-daemon: ${error.message}\n`);
    if (error instanceof UsageError) writeAll(STDERR, "Try: btu-daemon --help\n");
    return EXIT_USAGE;
  }
}

process.exit(await run(process.argv.slice(2)));
