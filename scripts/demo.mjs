/**
 * Shows the scheduler at work, on plain Node: a private Redis, a real Python RQ worker, and the daemon with three schedules.
 * Takes 45 seconds, or until Ctrl-C; leaves nothing behind.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { freePort, startBackground } from "./lib/background.mjs";
import { bunPath, ensureNodeModules } from "./lib/node-modules.mjs";
import { ensurePython } from "./lib/python.mjs";
import { endWithChildren, run } from "./lib/run.mjs";
import { ensureTools, which } from "./lib/system-packages.mjs";
import { heading, inSeconds, SetupError, tell } from "./lib/tell.mjs";
import { INDENT, paint, TwoColumns } from "./lib/two-columns.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const RQ_VERSION = "2.10.0";
const SHOW_MS = 45_000;
/** Long enough to read what was printed before. */
const WELCOME_AFTER_MS = 3_000;
const START_TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 20;
const STATUS_EVERY_MS = 500;
/** As its cron text below says. */
const DICE_EVERY_MS = 10_000;
const LINES_SHOWN = 20;
const JOB_ID_SHOWN = 8;
const MS_PER_SECOND = 1_000;
/** What `rq worker` writes around what a job says: time, and an id that nobody needs to see. */
const WORKER_TIME = /^\d\d:\d\d:\d\d /;
const WORKER_NOISE =
  /^(\*\*\*|Worker |Subscrib|Unsubscrib|Cleaning|Result is kept|Warm|\w+: Job OK)/;

const USAGE = `Usage: npm run demo [-- --no-install]

  --no-install   install nothing on the system, tell what is missing
`;

function parseArguments(args) {
  const unknown = args.find((arg) => !["--no-install", "--help"].includes(arg));
  if (unknown !== undefined || args.includes("--help")) {
    process.stderr.write(unknown === undefined ? USAGE : `unknown option "${unknown}"\n\n${USAGE}`);
    process.exit(unknown === undefined ? 0 : 2);
  }
  return { consent: args.includes("--no-install") ? "no" : "ask" };
}

async function prepare(consent) {
  heading("Preparing");
  const startMs = performance.now();
  await ensureNodeModules(ROOT);
  await ensureTools(["redis", "python"], { consent });
  const { python, rqDir } = await ensurePython(ROOT, [RQ_VERSION]);
  const built = await run(bunPath(ROOT), ["scripts/build.ts"], { cwd: ROOT });
  if (built.code !== 0) throw new SetupError(`the build failed:\n${built.output}`);
  tell(`${built.output.trim()} (ready after ${inSeconds(performance.now() - startMs)})`);
  return { python, rqFolder: join(rqDir, RQ_VERSION) };
}

/** Seven fields with a year: an instant that comes once. */
function cronOnce(time) {
  const day = [time.getUTCHours(), time.getUTCDate(), time.getUTCMonth() + 1];
  return [time.getUTCSeconds(), time.getUTCMinutes(), ...day, "*", time.getUTCFullYear()].join(" ");
}

function schedulesText() {
  const welcomeAt = new Date(Date.now() + WELCOME_AFTER_MS);
  return `[[schedule]]
id = "welcome"                  # once, in three seconds: seven fields begin with the second and end with the year
cron = "${cronOnce(welcomeAt)}"
function = "demo_tasks.welcome"
args = ["newcomer"]

[[schedule]]
id = "dice"                     # every ten seconds
cron = "*/10 * * * * * *"
function = "demo_tasks.roll"
args = [3]
kwargs = { sides = 20 }

[[schedule]]
id = "nightly-report"           # five fields, as everywhere; not before tonight
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "demo_tasks.report"
args = ["North"]
`;
}

/** Starts programs one after the other, and ends them in the opposite order. */
class Stage {
  folder = mkdtempSync(join(tmpdir(), "btu-demo-"));
  /** Resolves with a text when a program ended by itself, with null when a signal came. */
  over;
  #end;
  #isOver = false;
  #running = [];

  constructor() {
    this.over = new Promise((resolve) => {
      this.#end = (fault) => {
        this.#isOver = true;
        resolve(fault);
      };
    });
    // They stay: a second Ctrl-C must not cut off the cleaning up.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => this.#end(null));
  }

  start(name, command, args, { env, onLine }) {
    const lines = [];
    const all = { PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1", ...env };
    const program = startBackground(command, args, {
      cwd: this.folder,
      env: all,
      onLine: (line) => {
        lines.push(line);
        onLine?.(line);
      },
    });
    this.#running.unshift(program);
    void this.#watch(name, program, lines);
    return lines;
  }

  async #watch(name, program, lines) {
    const code = await program.exited;
    this.#end(`${name} ended with ${code}:\n${lines.slice(-LINES_SHOWN).join("\n")}`);
  }

  /** Waits until `look` says yes, or until it is over anyway. */
  async until(what, look) {
    const endMs = performance.now() + START_TIMEOUT_MS;
    while (!this.#isOver && !look()) {
      if (performance.now() > endMs) throw new SetupError(`${what} did not come up in time`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async close() {
    this.#isOver = true;
    for (const program of this.#running) await program.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function startRedis(stage) {
  const port = await freePort();
  // As a Redis should be that is to keep what it acknowledged.
  const options = { port, bind: "127.0.0.1", save: "", appendonly: "yes", dir: stage.folder };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const lines = stage.start("redis-server", which("redis-server"), words, {});
  await stage.until("Redis", () => lines.some((line) => line.includes("Ready to accept")));
  tell(`a private Redis listens on port ${port}`);
  return port;
}

async function startWorker(stage, { python, rqFolder, port, onLine }) {
  const code = "from rq.cli import main; main()";
  const words = ["worker", "--url", `redis://127.0.0.1:${port}/0`, "default"];
  const env = { PYTHONPATH: `${rqFolder}:${join(ROOT, "scripts/demo")}` };
  const lines = stage.start("rq worker", python, ["-c", code, ...words], { env, onLine });
  await stage.until("the RQ worker", () => lines.some((line) => line.includes("Listening on")));
  tell(`a Python worker (rq ${RQ_VERSION}) waits for jobs on queue "default"`);
}

async function startDaemon(stage, { port, onLine }) {
  const file = (name) => join(stage.folder, name);
  const config = [
    `schedules_file = "${file("schedules.toml")}"`,
    `rq_port = ${port}`,
    `socket_path = "${file("btu.sock")}"`,
  ];
  writeFileSync(file("btu_scheduler.toml"), `${config.join("\n")}\n`);
  const args = ["--config", file("btu_scheduler.toml"), "--log-format", "json"];
  // Settings of whoever shows this must not reach the daemon.
  const own = Object.keys(process.env).filter((name) => name.startsWith("BTU_SCHEDULER_"));
  const env = Object.fromEntries(own.map((name) => [name, undefined]));
  stage.start("btu-daemon", join(ROOT, "dist/btu-daemon"), args, { env, onLine });
  await stage.until("the daemon", () => existsSync(file("btu.sock")));
}

function clockText(time) {
  return new Date(time).toTimeString().slice(0, "12:34:56".length);
}

/** The first characters of a job's id: enough to find it in the other column. */
function shortId(id) {
  return id.slice(0, JOB_ID_SHOWN);
}

/** `0:00:00.004523` as `4.5 ms`. */
function tookText(text) {
  const seconds = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const tookMs = seconds * MS_PER_SECOND;
  return tookMs < MS_PER_SECOND ? `${tookMs.toFixed(1)} ms` : inSeconds(tookMs);
}

/** Reads the programs' lines, shows what tells the story, and counts. */
class Story {
  firings = 0;
  jobs = 0;
  worstMs = 0;
  #view;

  constructor(view) {
    this.#view = view;
  }

  /** A line of the daemon's log, which is one JSON object. */
  daemonSaid(line) {
    if (!line.startsWith("{")) {
      this.#view.say("left", line);
      return;
    }
    const { time, level, message, ...facts } = JSON.parse(line);
    const clock = clockText(time);
    if (message.startsWith("fired")) {
      this.firings += 1;
      this.worstMs = Math.max(this.worstMs, facts.late_ms);
      const job = `job ${shortId(facts.job)} queued, ${facts.late_ms} ms late`;
      this.#view.say("left", `${clock}  ${facts.schedule} is due: ${job}`, "green");
    } else if (level === "error" || level === "warn") {
      this.#view.say("left", `${clock}  ${message}`, "yellow");
    } else if (message === "agenda reconciled") {
      this.#view.say("left", `${clock}  ${facts.schedules} schedules read, next runs planned`);
    }
  }

  /** A line of `rq worker`, or of what a job printed. */
  workerSaid(line) {
    const text = stripVTControlCharacters(line).replace(WORKER_TIME, "");
    const clock = clockText(Date.now());
    const [, call, id] = /^default: (.*) \(([\w-]{8,})\)$/.exec(text) ?? [];
    const [, took] = /^Successfully completed .* in ([\d:.]+)s/.exec(text) ?? [];
    if (took !== undefined) {
      this.jobs += 1;
      this.#view.say("right", `${clock}  done in ${tookText(took)}`, "green");
    } else if (text !== "" && !WORKER_NOISE.test(text)) {
      const isCall = call !== undefined && call !== "Job OK";
      if (isCall) this.#view.say("right", `${clock}  job ${shortId(id)}: ${call}`, "cyan");
      else this.#view.say("right", `${" ".repeat(INDENT)}${text}`);
    }
  }
}

/** Waits for the end of the show, a signal, or a program that broke. */
async function play(stage, view) {
  const endMs = Date.now() + SHOW_MS;
  const tick = () => {
    const nowMs = Date.now();
    const leftSeconds = Math.max(Math.ceil((endMs - nowMs) / MS_PER_SECOND), 0);
    const dueSeconds = Math.ceil((DICE_EVERY_MS - (nowMs % DICE_EVERY_MS)) / MS_PER_SECOND);
    view.status(`next dice in ${dueSeconds} s · ends in ${leftSeconds} s, or with Ctrl-C`);
  };
  tick();
  const ticker = setInterval(tick, STATUS_EVERY_MS);
  let timer;
  const shown = new Promise((resolve) => (timer = setTimeout(() => resolve(null), SHOW_MS)));
  const fault = await Promise.race([shown, stage.over]);
  clearInterval(ticker);
  clearTimeout(timer);
  if (fault !== null) throw new SetupError(fault);
}

async function show(tools) {
  const stage = new Stage();
  const view = new TwoColumns({ left: "scheduler", right: "worker" });
  const story = new Story(view);
  try {
    const port = await startRedis(stage);
    await startWorker(stage, { ...tools, port, onLine: (line) => story.workerSaid(line) });
    const text = schedulesText();
    writeFileSync(join(stage.folder, "schedules.toml"), text);
    heading("The schedules, schedules.toml");
    tell(text.trimEnd());
    heading("What happens");
    view.head();
    await startDaemon(stage, { port, onLine: (line) => story.daemonSaid(line) });
    await play(stage, view);
  } finally {
    view.close();
    await stage.close();
  }
  return story;
}

async function main() {
  const { consent } = parseArguments(process.argv.slice(2));
  try {
    const release = endWithChildren();
    const tools = await prepare(consent);
    release();
    const { firings, jobs, worstMs } = await show(tools);
    heading("The end");
    tell(
      `${firings} occurrences were due, the latest ${worstMs} ms late; the worker ran ${jobs} jobs.`,
    );
    tell(paint("dim", "Everything that was started has ended, and its files are gone."));
    process.exitCode = jobs > 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    tell(`The demonstration cannot go on: ${error.message}`);
    process.exitCode = 1;
  }
}

await main();
