/** One command as it came through Redis, and the texts that answer it. */
import { rpcKeys } from "../redis/keys.ts";
import { parseObject, readRequest } from "./wire.ts";
import type { Request } from "./wire.ts";

/** A command that can be acted on. */
export interface RedisMessage {
  readonly request: Request;
  /** Where the sender waits for its answer; null when it does not. */
  readonly responseKey: string | null;
}

const RESPONSE_KEY_LENGTH_MAX = 200;

function isResponseKey(key: unknown): key is string | null {
  if (key === null) return true;
  if (typeof key !== "string" || key.length > RESPONSE_KEY_LENGTH_MAX) return false;
  return key.startsWith(rpcKeys.responsePrefix);
}

/** Reads a command; a text says why there is nothing to act on. */
export function readMessage(text: string): RedisMessage | string {
  const request = readRequest(text);
  if (request === null) return "it is no JSON object with a request_type";
  const responseKey = parseObject(text)?.["response_key"] ?? null;
  if (isResponseKey(responseKey)) return { request, responseKey };
  // Anybody who can push a command could otherwise write into any list, such as the queue of a worker.
  return `its response_key does not begin with "${rpcKeys.responsePrefix}"`;
}

/** As Python's `json.dumps` writes a text: nothing but ASCII. */
function pythonText(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The receipt that the app waits for, byte for byte. */
export function receiptText({ type }: Request): string {
  return `{"status": "ok", "request_type": ${pythonText(type)}, "message": "Command received by BTU Scheduler."}`;
}
