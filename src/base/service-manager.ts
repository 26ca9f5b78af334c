/** Speaks to the service manager (systemd) that started us. */
import { closeSync, writeSync } from "node:fs";
import { datagramHandle } from "./system-calls.ts";

/** What the manager told in the environment. */
export interface ManagerEnvironment {
  /** NOTIFY_SOCKET: a path, or "@name" for an abstract socket. */
  readonly socket: string | undefined;
  /** WATCHDOG_USEC: after so many microseconds without a sign of life the manager ends us. */
  readonly watchdogUs: string | undefined;
  /** WATCHDOG_PID: whom the watchdog is meant for; without it, us. */
  readonly watchdogPid: string | undefined;
  readonly ownPid: number;
}

/** A manager that waits to be told how we are. */
export interface ServiceManager {
  /** How soon it expects the next "WATCHDOG=1"; null when it does not watch. */
  readonly watchdogMs: number | null;
  /** Tells assignments such as "READY=1" in one message; false when that could not be done. */
  tell(...assignments: readonly string[]): boolean;
}

const US_PER_MS = 1_000;

function watchdogMs({ watchdogUs, watchdogPid, ownPid }: ManagerEnvironment): number | null {
  const isForUs = watchdogPid === undefined || Number(watchdogPid) === ownPid;
  const spanMs = Math.floor(Number(watchdogUs ?? "") / US_PER_MS);
  return isForUs && spanMs > 0 ? spanMs : null;
}

function tellOverSocket(path: string, message: string): boolean {
  const handle = datagramHandle(path);
  if (handle === null) return false;
  try {
    writeSync(handle, message);
    return true;
  } catch {
    // The manager went away, or has too much to read: the next message may get through.
    return false;
  } finally {
    closeSync(handle);
  }
}

/** Where the runtime cannot make the system call (no just-in-time compiler), systemd's own program does it as our child. */
function tellThroughProgram(assignments: readonly string[]): boolean {
  try {
    return Bun.spawnSync(["systemd-notify", ...assignments]).exitCode === 0;
  } catch {
    return false;
  }
}

/** The manager that started us, or null when none did or it wants to hear nothing. */
export function serviceManager(environment: ManagerEnvironment): ServiceManager | null {
  const { socket } = environment;
  if (socket === undefined || socket === "") return null;
  return {
    watchdogMs: watchdogMs(environment),
    tell: (...assignments) =>
      tellOverSocket(socket, assignments.join("\n")) || tellThroughProgram(assignments),
  };
}
