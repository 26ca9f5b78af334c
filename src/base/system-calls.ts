/** The few system calls that the runtime lacks. Without its just-in-time compiler they are missing: each has a fallback. */
import { dlopen, FFIType } from "bun:ffi";
import { closeSync } from "node:fs";

const LOCK_EX = 2;
const LOCK_NB = 4;
/** TIOCGWINSZ, the same on all Linux machines that we build for. */
const GET_WINDOW_SIZE = 0x5413;
const AF_UNIX = 1;
/** SOCK_DGRAM with SOCK_CLOEXEC, the same on all Linux machines that we build for. */
const DATAGRAM_CLOSED_ON_EXEC = 0o2000002;

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Three 32-bit numbers: pid, uid, gid. */
const CREDENTIALS_BYTES = 12;

interface SystemCalls {
  readonly flock: (handle: number, operation: number) => number;
  readonly ioctl: (handle: number, request: number, argument: Uint16Array) => number;
  readonly getsockopt: (
    ...call: [
      handle: number,
      level: number,
      option: number,
      value: Uint32Array,
      length: Uint32Array,
    ]
  ) => number;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly connect: (handle: number, address: Uint8Array, length: number) => number;
}

function load(): SystemCalls | null {
  for (const library of ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"]) {
    try {
      const { symbols } = dlopen(library, {
        flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
        getsockopt: {
          args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr],
          returns: FFIType.i32,
        },
        ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
        socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
        connect: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
      });
      return symbols;
    } catch {
      // Another C library, or no just-in-time compiler: the next name, or the fallback.
    }
  }
  return null;
}

let loaded: SystemCalls | null | undefined;

function systemCalls(): SystemCalls | null {
  loaded ??= load();
  return loaded;
}

/** Locks an open file until it is closed; false when somebody else holds it, null when this system cannot tell. */
export function lockFile(handle: number): boolean | null {
  const calls = systemCalls();
  return calls === null ? null : calls.flock(handle, LOCK_EX | LOCK_NB) === 0;
}

function windowSize(handle: number): { readonly rows: number; readonly columns: number } {
  const size = new Uint16Array(4);
  const calls = systemCalls();
  const isKnown = calls !== null && calls.ioctl(handle, GET_WINDOW_SIZE, size) === 0;
  const [rows = 0, columns = 0] = isKnown ? size : [];
  return { rows, columns };
}

/** How many columns a terminal has; null when it is none, does not tell, or this system cannot say. */
export function terminalColumns(handle: number): number | null {
  return windowSize(handle).columns || null;
}

/** How many rows a terminal has; null as with the columns. */
export function terminalRows(handle: number): number | null {
  return windowSize(handle).rows || null;
}

/** The process at the other end of a Unix socket, as it was when it connected. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who connected to an open Unix socket; null when this system cannot tell. */
export function peerCredentials(handle: number): PeerCredentials | null {
  const found = new Uint32Array(3);
  const length = new Uint32Array([CREDENTIALS_BYTES]);
  const calls = systemCalls();
  if (calls === null) return null;
  if (calls.getsockopt(handle, SOL_SOCKET, SO_PEERCRED, found, length) !== 0) return null;
  const [pid = 0, uid = 0, gid = 0] = found;
  return { pid, uid, gid };
}

/** A Unix socket's address: the family, then the path; an abstract name begins with a zero byte in place of its "@". */
function unixAddress(path: string): Uint8Array {
  const name = Buffer.from(path);
  if (path.startsWith("@")) name[0] = 0;
  const family = Buffer.from(Uint16Array.of(AF_UNIX).buffer);
  return path.startsWith("@")
    ? Buffer.concat([family, name])
    : Buffer.concat([family, name, Buffer.of(0)]);
}

/**
 * A datagram socket that talks to the one at `path` (or "@name"), to be written to like a file; null when this system cannot
 * make one, or nobody listens there.
 */
export function datagramHandle(path: string): number | null {
  const calls = systemCalls();
  const handle = calls?.socket(AF_UNIX, DATAGRAM_CLOSED_ON_EXEC, 0) ?? -1;
  if (calls === null || handle < 0) return null;
  const address = unixAddress(path);
  if (calls.connect(handle, address, address.length) === 0) return handle;
  closeSync(handle);
  return null;
}
