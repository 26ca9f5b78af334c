/** The compiled daemon, with a configuration of its own. */
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { startChild } from "./child.ts";
import type { Child } from "./child.ts";
import { eventually } from "./eventually.ts";
import { executable, withoutOwnSettings } from "./executables.ts";
import { fakeWall } from "./fake-wall.ts";
import { tempDir } from "./temp-dir.ts";
import type { TempDir } from "./temp-dir.ts";

/** How the daemon is started. */
export interface DaemonOptions {
  /** The TOML file's text; `socket_path` is put before it when it has none. */
  readonly config: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Another daemon's folder, to start where that one ended; it then stays when this one is gone. */
  readonly dir?: TempDir;
  /** The wall time that it sees at its start, in epoch milliseconds; its timers keep real time. */
  readonly wallMs?: number;
  /** False returns without waiting for the socket. */
  readonly waitForPing?: boolean;
}

/** A running daemon; `await using daemon = await startDaemon({ config })`. */
export interface Daemon extends AsyncDisposable {
  readonly child: Child;
  readonly dir: TempDir;
  readonly configPath: string;
  readonly socketPath: string;
  /** Everything it has logged. */
  log(): string;
  /** Waits for a log line from now on, or from an offset into `log()`. */
  waitForLog(pattern: RegExp, options?: { timeoutMs?: number; from?: number }): Promise<string>;
  /** Sends a request as the BTU app does (one send, no newline, no half-close) and gives the first answer. */
  request(type: string, content: string | null): Promise<string>;
  /** Sets the wall time that it sees, where it was started with `wallMs`. */
  setWall(wallMs: number): void;
  /** Ends it in good order and gives its exit code. */
  stop(): Promise<number>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

const READY_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 6_000;

/** As Python's `json.dumps` writes a text: nothing but ASCII. */
function pythonText(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** With a blank after colon and comma, as Python writes it. */
function pythonRequest(type: string, content: string | null): string {
  const value = content === null ? "null" : pythonText(content);
  return `{"request_type": ${pythonText(type)}, "request_content": ${value}}`;
}

/** A JSON document ends with its line; a text comes in one piece, and the connection stays open after it. */
function isWhole(answer: string): boolean {
  return /^[{[]/.test(answer) ? answer.endsWith("\n") : answer !== "";
}

/** Sends one request to a daemon's socket as the BTU app does. */
function requestOverSocket(
  socketPath: string,
  type: string,
  content: string | null,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(socketPath, () => socket.write(pythonRequest(type, content)));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      answer += text;
      if (isWhole(answer)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no answer to "${type}" within ${REQUEST_TIMEOUT_MS} ms`));
    }, REQUEST_TIMEOUT_MS);
  });
}

async function answersPing(child: Child, socketPath: string): Promise<boolean> {
  // It will never answer: go on, and let the caller tell why.
  if (child.exitCode() !== null) return true;
  return existsSync(socketPath) && (await requestOverSocket(socketPath, "ping", null)) === "pong";
}

function withSocketPath(config: string, socketPath: string): { text: string; socketPath: string } {
  const own = /^socket_path *= *"([^"]*)"/m.exec(config)?.[1];
  if (own !== undefined) return { text: config, socketPath: own };
  return { text: `socket_path = "${socketPath}"\n${config}`, socketPath };
}

/**
 * Starts `dist/btu-daemon` and waits until it answers `ping`.
 *
 * @throws Error with its log when it ends before.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const dir = options.dir ?? tempDir();
  const configPath = dir.file("btu_scheduler.toml");
  const { text, socketPath } = withSocketPath(options.config, dir.file("btu.sock"));
  writeFileSync(configPath, text, { mode: 0o600 });
  const wall = options.wallMs === undefined ? null : fakeWall(dir, options.wallMs);
  const child = startChild({
    command: [executable("btu-daemon"), "--config", configPath, ...(options.args ?? [])],
    cwd: dir.path,
    env: withoutOwnSettings({ ...wall?.env, ...options.env }),
  });
  const dispose = async (): Promise<void> => {
    await child[Symbol.asyncDispose]();
    if (options.dir === undefined) dir[Symbol.dispose]();
  };
  if (options.waitForPing !== false) {
    try {
      const look = (): Promise<boolean> => answersPing(child, socketPath);
      await eventually(look, { timeoutMs: READY_TIMEOUT_MS, what: "btu-daemon answers ping" });
      if (child.exitCode() !== null) throw new Error(`it ended with ${child.exitCode()}`);
    } catch (cause) {
      await dispose();
      throw new Error(`btu-daemon did not come up:\n${child.output()}`, { cause });
    }
  }
  return {
    child,
    dir,
    configPath,
    socketPath,
    log: () => child.output(),
    waitForLog: (pattern, { timeoutMs = READY_TIMEOUT_MS, from = child.output().length } = {}) =>
      child.waitForOutput(pattern, { timeoutMs, from }),
    request: (type, content) => requestOverSocket(socketPath, type, content),
    setWall: (wallMs) => {
      if (wall === null) throw new Error("the daemon was started without wallMs");
      wall.set(wallMs);
    },
    stop: () => child.end("SIGTERM"),
    kill: async () => {
      await child.end("SIGKILL");
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** So long before the due instant the daemon is started: it has to have planned before its wall time comes near. */
const PLANNED_AHEAD_MS = 60_000;
/** So long before it is due the daemon goes on from: it looks at its clock once a second. */
const LEAD_MS = 2_500;

/** Starts a daemon, and lets its wall time come to a moment before `dueMs` as soon as it has planned, however long that takes. */
export async function startBeforeDue(
  options: Omit<DaemonOptions, "wallMs">,
  dueMs: number,
): Promise<Daemon> {
  const daemon = await startDaemon({ ...options, wallMs: dueMs - PLANNED_AHEAD_MS });
  try {
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  daemon.setWall(dueMs - LEAD_MS);
  return daemon;
}
