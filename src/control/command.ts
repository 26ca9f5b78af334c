/** What can be asked of a running daemon, whoever asks and over whatever transport. */
import type { SeeCommand } from "./see-command.ts";

/** A request, understood. */
export type Command =
  | { readonly kind: "ping" }
  /** Read this schedule again: the app sends its commands before its transaction commits, so both words mean just this. */
  | { readonly kind: "reread"; readonly scheduleId: string; readonly word: "create" | "cancel" }
  | { readonly kind: "status" }
  | { readonly kind: "list" }
  | SeeCommand;

/** Why a request was not understood or not carried out. */
export type ControlErrorCode = "bad_request" | "unknown_request" | "failed";

/** The answer to a command. */
export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: ControlErrorCode; readonly message: string };
