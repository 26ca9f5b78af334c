/** Cuts a client's bytes into the messages of a protocol: pure, no sockets. */

/** One whole message of a client. */
export interface ClientMessage {
  /** What it asks for: `EVALSHA`, `COM_QUERY SELECT …`, `Query SELECT …`, `POST /path`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Takes what came so far; null while the first message is not whole. Greetings of a protocol have an empty name. */
export type Splitter = (bytes: Buffer) => ClientMessage | null;

export type Protocol = "redis" | "mysql" | "postgres" | "http";

const NAME_LENGTH_MAX = 200;

function message(name: string, bytes: Buffer, length: number): ClientMessage {
  return { name: name.slice(0, NAME_LENGTH_MAX), bytes: bytes.subarray(0, length) };
}

function lineEnd(bytes: Buffer, from: number): number {
  return bytes.indexOf("\r\n", from);
}

/** An array of bulk strings, as every client sends its commands. */
function splitRedis(bytes: Buffer): ClientMessage | null {
  const end = lineEnd(bytes, 0);
  if (end < 0) return null;
  if (bytes[0] !== 0x2a) return message(bytes.toString("utf8", 0, end), bytes, end + 2);
  const count = Number(bytes.toString("ascii", 1, end));
  const words: string[] = [];
  let at = end + 2;
  for (let index = 0; index < count; index += 1) {
    const sizeEnd = lineEnd(bytes, at);
    if (sizeEnd < 0) return null;
    const size = Number(bytes.toString("ascii", at + 1, sizeEnd));
    at = sizeEnd + 2 + size + 2;
    if (bytes.length < at) return null;
    if (index < 2) words.push(bytes.toString("utf8", sizeEnd + 2, sizeEnd + 2 + size));
  }
  const [command = "", second = ""] = words;
  const subcommands = /^(CLIENT|CONFIG|SCRIPT|XGROUP|ACL)$/i;
  return message(
    subcommands.test(command) ? `${command} ${second}`.toUpperCase() : command.toUpperCase(),
    bytes,
    at,
  );
}

const MYSQL_COMMANDS: Readonly<Record<number, string>> = {
  0x01: "COM_QUIT",
  0x02: "COM_INIT_DB",
  0x03: "COM_QUERY",
  0x0e: "COM_PING",
  0x16: "COM_STMT_PREPARE",
  0x17: "COM_STMT_EXECUTE",
  0x19: "COM_STMT_CLOSE",
  0x1f: "COM_RESET_CONNECTION",
};

/** Three bytes of length, one of sequence; a command begins a sequence, all else belongs to the greeting. */
function splitMysql(bytes: Buffer): ClientMessage | null {
  if (bytes.length < 4) return null;
  const length = 4 + bytes.readUIntLE(0, 3);
  if (bytes.length < length) return null;
  if (bytes[3] !== 0) return message("", bytes, length);
  const code = bytes[4] ?? 0;
  const command = MYSQL_COMMANDS[code] ?? `COM_${code}`;
  const withText = code === 0x03 || code === 0x16;
  const text = withText ? ` ${bytes.toString("utf8", 5, length)}` : "";
  return message(`${command}${text}`, bytes, length);
}

const POSTGRES_MESSAGES: Readonly<Record<string, string>> = {
  Q: "Query",
  P: "Parse",
  B: "Bind",
  D: "Describe",
  E: "Execute",
  S: "Sync",
  X: "Terminate",
};

/** A letter and four bytes of length; start-up, TLS request and passwords belong to the greeting. */
function splitPostgres(bytes: Buffer): ClientMessage | null {
  const untyped = bytes[0] === 0;
  const head = untyped ? 4 : 5;
  if (bytes.length < head) return null;
  const length = head - 4 + bytes.readUInt32BE(head - 4);
  if (bytes.length < length) return null;
  const name = untyped ? "" : (POSTGRES_MESSAGES[String.fromCharCode(bytes[0] ?? 0)] ?? "");
  const withText = name === "Query" || name === "Parse";
  const text = withText
    ? ` ${bytes.toString("utf8", head, length).replaceAll("\0", " ").trim()}`
    : "";
  return message(`${name}${text}`, bytes, length);
}

/** What stands before the body of an HTTP request. */
export interface HttpHead {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the body begins. */
  readonly bodyAt: number;
}

/** Reads a request's head; null while it is not whole. */
export function readHttpHead(bytes: Buffer): HttpHead | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { method, target, headers, bodyAt: end + 4 };
}

/** A request with its body, which must tell its length. */
export function splitHttp(bytes: Buffer): ClientMessage | null {
  const head = readHttpHead(bytes);
  if (head === null) return null;
  if (head.headers["transfer-encoding"] !== undefined)
    throw new Error("chunked requests: not known");
  const length = head.bodyAt + Number(head.headers["content-length"] ?? 0);
  if (bytes.length < length) return null;
  return message(`${head.method} ${head.target}`, bytes, length);
}

/** The splitter of each protocol. */
export const SPLITTERS: Readonly<Record<Protocol, Splitter>> = {
  redis: splitRedis,
  mysql: splitMysql,
  postgres: splitPostgres,
  http: splitHttp,
};
