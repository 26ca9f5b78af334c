/** The socket's file: who may replace it, and who may connect. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { describeError, StartError } from "../base/errors.ts";
import { lockFile } from "../base/system-calls.ts";

/** Where the socket is and whose it is. */
export interface SocketFileOptions {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Name or number of the group that may connect too; null leaves the daemon's own. */
  readonly group: string | null;
}

/** The right to the path, held until `release`. */
export interface SocketClaim {
  /** Sets group and permissions once the socket exists; it is born closed to everybody else. */
  open(): void;
  release(): void;
}

const LOCK_MODE = 0o600;

/** Why a socket cannot be used, with the way out. */
export function socketError(path: string, error: unknown): StartError {
  if (error instanceof StartError) return error;
  const text = `use the socket "${path}": ${describeError(error)}`;
  return new StartError(`${text}; check socket_path, and who may write there`, { cause: error });
}

/**
 * Claims a path: a lock beside it tells whether another daemon lives there, since a busy one may refuse connections. What an
 * ended one left behind is removed.
 *
 * @throws StartError when another daemon holds it, when something else than a socket is there, or when we may not write there.
 */
export function claimSocket({ path, mode, group }: SocketFileOptions): SocketClaim {
  const lockPath = `${path}.lock`;
  const handle = holdLock(path, lockPath);
  try {
    removeStale(path);
  } catch (error) {
    closeSync(handle);
    throw socketError(path, error);
  }
  return {
    open: () => {
      if (group !== null) chownSync(path, -1, groupId(group));
      chmodSync(path, mode);
    },
    release: () => {
      unlinkIfThere(path);
      unlinkIfThere(lockPath);
      closeSync(handle);
    },
  };
}

/** Another user's link must not lead us to a file of ours. */
const LOCK_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
/** Each round means that another daemon ended just then. */
const LOCK_ROUNDS_MAX = 10;

/** The lock, held; whoever holds it notes his process in it. */
function holdLock(path: string, lockPath: string): number {
  for (let round = 1; round <= LOCK_ROUNDS_MAX; round += 1) {
    const handle = openLock(path, lockPath);
    try {
      if (isTaken(handle)) throw takenError(path, readFileSync(handle, "utf8"));
      if (isStillThere(handle, lockPath)) {
        ftruncateSync(handle);
        writeSync(handle, String(process.pid), 0);
        return handle;
      }
    } catch (error) {
      closeSync(handle);
      throw socketError(path, error);
    }
    closeSync(handle);
  }
  throw takenError(path, "");
}

function openLock(path: string, lockPath: string): number {
  try {
    return openSync(lockPath, LOCK_FLAGS, LOCK_MODE);
  } catch (error) {
    throw socketError(path, error);
  }
}

/** Where the system cannot lock for us, the process that is noted decides. */
function isTaken(handle: number): boolean {
  return !(lockFile(handle) ?? !isAlive(readFileSync(handle, "utf8")));
}

function isAlive(pid: string): boolean {
  if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("btu-daemon");
  } catch {
    return false;
  }
}

/** A daemon that ends removes its lock: what we locked may be nobody's way any more. */
function isStillThere(handle: number, lockPath: string): boolean {
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  return found !== undefined && found.ino === fstatSync(handle).ino;
}

function takenError(path: string, pid: string): StartError {
  const who = /^\d+$/.test(pid) ? `another daemon (process ${pid})` : "another daemon";
  return new StartError(
    `use the socket "${path}": ${who} has it; set socket_path to another place`,
  );
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new StartError(
      `use the socket "${path}": something else is there; remove it or set socket_path`,
    );
  }
  unlinkSync(path);
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!describeError(error).includes("ENOENT")) throw error;
  }
}

/** The id of a group: a number as it is, a name from the system's directories. */
function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const id = idFromGetent(group) ?? idFromFile(group);
  if (id === null) {
    throw new StartError(
      `give the socket to group "${group}": no such group; check socket_file_group_owner`,
    );
  }
  return id;
}

function idIn(text: string, group: string): number | null {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${group}:`));
  const id = Number(line?.split(":")[2]);
  return line === undefined || !Number.isInteger(id) ? null : id;
}

/** Knows groups of LDAP and the like too; absent on small systems. */
function idFromGetent(group: string): number | null {
  try {
    return idIn(Bun.spawnSync(["getent", "group", "--", group]).stdout.toString(), group);
  } catch {
    return null;
  }
}

function idFromFile(group: string): number | null {
  try {
    return idIn(readFileSync("/etc/group", "utf8"), group);
  } catch {
    return null;
  }
}
