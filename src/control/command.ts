/** What can be asked of a running daemon, whoever asks and over whatever transport. */
import type { SeeCommand } from "./see-command.ts";

/** What is done once, however often it is asked for, and only while it is fresh. */
export interface Once {
  /** Chosen by whoever asks; the same text again is the same request. */
  readonly requestId: string;
  /** When it was asked, epoch ms by the asker's clock. */
  readonly sentMs: number;
}

/** Read this schedule again: the app sends its commands before its transaction commits, so both words mean just this. */
export interface RereadCommand {
  readonly kind: "reread";
  readonly scheduleId: string;
  readonly word: "create" | "cancel";
}

/** What is run by hand: a schedule, or a task of the site without one. */
export interface RunTarget {
  readonly kind: "schedule" | "task";
  readonly id: string;
}

/** Place a job of this now; no timetable changes. */
export interface RunCommand extends Once {
  readonly kind: "run";
  readonly target: RunTarget;
  /** Although it is paused, or its last job still waits or runs. */
  readonly isForced: boolean;
}

/** Keep a schedule from firing, or let it fire again; null stands for all. */
export interface PauseCommand extends Once {
  readonly kind: "pause" | "resume";
  readonly scheduleId: string | null;
  /** Why; shown to people. */
  readonly note: string;
}

/** A request, understood. */
export type Command =
  | { readonly kind: "ping" | "status" | "list" | "reconcile" | "reload_configuration" }
  | RereadCommand
  | RunCommand
  | PauseCommand
  | SeeCommand;

/** Why a request was not understood or not carried out; docs/control.md tells them to people. */
export type ControlErrorCode =
  | "bad_request"
  | "unknown_request"
  /** Sent more than a minute ago, or under another clock. */
  | "too_old"
  | "not_found"
  /** The schedule, or the configuration, is not sound. */
  | "invalid"
  | "paused"
  | "still_running"
  /** Redis, the web server or another part that is needed is away: asking again later may help. */
  | "unavailable"
  /** More is being asked at once than is answered. */
  | "busy"
  /** The answer does not fit where it would have to go. */
  | "too_large"
  | "failed";

/** The answer to a command. */
export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: ControlErrorCode; readonly message: string };

/** A command that is refused, with the code and the text of the answer. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Who asks, as far as the transport can tell. */
export interface Asker {
  readonly via: "socket" | "redis" | "web server";
  /** Of the process at the other end of the socket; null where it cannot be told. */
  readonly peer: { readonly pid: number; readonly uid: number; readonly gid: number } | null;
}

/** `uid 1000 over the socket`. */
export function describeAsker({ via, peer }: Asker): string {
  if (via !== "socket") return `somebody through ${via === "redis" ? "Redis" : `the ${via}`}`;
  return peer === null ? "somebody over the socket" : `uid ${peer.uid} over the socket`;
}
