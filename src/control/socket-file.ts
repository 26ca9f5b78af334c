/** The socket's file: who may replace it, and who may connect. */
import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
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
  const handle = openLock(path, lockPath);
  try {
    if (lockFile(handle) === false) {
      throw new StartError(
        `use the socket "${path}": another daemon has it; set socket_path to another place`,
      );
    }
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

function openLock(path: string, lockPath: string): number {
  try {
    return openSync(lockPath, "w", LOCK_MODE);
  } catch (error) {
    throw socketError(path, error);
  }
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
