/** The few system calls that the runtime lacks. Without its just-in-time compiler they are missing: each has a fallback. */
import { dlopen, FFIType } from "bun:ffi";

const LOCK_EX = 2;
const LOCK_NB = 4;
/** TIOCGWINSZ, the same on all Linux machines that we build for. */
const GET_WINDOW_SIZE = 0x5413;

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

/** How many columns a terminal has; null when it is none, does not tell, or this system cannot say. */
export function terminalColumns(handle: number): number | null {
  const size = new Uint16Array(4);
  const calls = systemCalls();
  if (calls === null || calls.ioctl(handle, GET_WINDOW_SIZE, size) !== 0) return null;
  const [, columns = 0] = size;
  return columns === 0 ? null : columns;
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
