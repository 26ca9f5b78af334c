/** Kinds of value that name a place: hosts, files, URLs, zones, and the few with a form of their own. */
import { resolve } from "node:path";
import { isIP } from "node:net";
import { password, text } from "./kind.ts";
import type { Kind, Reading } from "./kind.ts";
import { blotUrl, parseRedisUrl } from "./redis-url.ts";

/** Adds a check, or a change, after the reading of another kind. */
function then<T>(kind: Kind<T>, next: (value: T, folder: string) => Reading<T>): Kind<T> {
  return {
    ...kind,
    read: (value, folder) => {
      const reading = kind.read(value, folder);
      return "problem" in reading ? reading : next(reading.value, folder);
    },
  };
}

const HOST_NAME = /^\w(?:[\w.-]*\w)?\.?$/;

/** A host name or an address, without port. */
export function host(): Kind<string> {
  return then(text({ expected: "a host name or IP address, without port" }), (value) =>
    HOST_NAME.test(value) || isIP(value) !== 0
      ? { value }
      : { problem: "expected a host name or IP address, without port" },
  );
}

/** A host and its port: `10.0.0.1:26379`. */
export function hostPort(): Kind<string> {
  const expected = "a host and its port, as in 10.0.0.1:26379";
  return then(text({ expected }), (value) => {
    const colon = value.lastIndexOf(":");
    const name = value.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
    const port = Number(value.slice(colon + 1));
    const isPort = /^\d{1,5}$/.test(value.slice(colon + 1)) && port >= 1 && port <= 65_535;
    const isPlace = isPort && (HOST_NAME.test(name) || isIP(name) !== 0);
    return isPlace ? { value } : { problem: `expected ${expected}` };
  });
}

/** A file; a relative path starts where the configuration file lies. */
export function path(): Kind<string> {
  return then(text({ expected: "the path of a file" }), (value, folder) => ({
    value: resolve(folder, value),
  }));
}

/** The kernel keeps no longer one. */
const SOCKET_PATH_MAX_BYTES = 107;

/** The path of a Unix socket. */
export function socketPath(): Kind<string> {
  return then(path(), (value) =>
    Buffer.byteLength(value) > SOCKET_PATH_MAX_BYTES
      ? { problem: `expected a path of at most ${SOCKET_PATH_MAX_BYTES} bytes` }
      : { value },
  );
}

const OCTAL = /^(?:0o)?0?([0-7]{3})$/;

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Permissions of a file, in quotes, because TOML takes no number that begins with 0. */
export function fileMode(): Kind<number> {
  const expected = 'permissions in quotes, such as "0660"';
  return {
    expected,
    read: (value) => {
      const digits = typeof value === "string" ? OCTAL.exec(value.trim())?.[1] : undefined;
      return digits === undefined
        ? { problem: `expected ${expected}` }
        : { value: Number.parseInt(digits, 8) };
    },
    fromText: (written) => written,
    format: (value) => `"${octal(value)}"`,
    show: octal,
  };
}

const ZONE = /^[A-Za-z][\w+-]*(?:\/[\w+-]+){0,2}$/;
/** Names that some libraries take, each with a meaning of its own. */
const NO_ZONE = /^(?:posix|right)\/|^(?:local|localtime|system|posixrules|factory|z|utc[+-].*)$/i;

/** An IANA time zone by its form; whether the zone exists is asked of the zone data. */
export function zone(): Kind<string> {
  const expected = "an IANA time zone such as America/New_York";
  return then(text({ expected, pattern: ZONE }), (value) =>
    NO_ZONE.test(value) ? { problem: `expected ${expected}` } : { value },
  );
}

/** An `http://` or `https://` URL of a web server. */
export function webUrl(): Kind<string> {
  const expected = "a URL like https://erp.example.com";
  const shaped = then(text({ expected }), (value) => {
    const url = URL.parse(value);
    if (url === null || !/^https?:$/.test(url.protocol)) return { problem: `expected ${expected}` };
    if (url.username !== "" || url.password !== "") {
      return {
        problem: "expected no user and password in it; the token belongs in webserver_token",
      };
    }
    if (url.search !== "" || url.hash !== "") return { problem: "expected nothing after its path" };
    return { value: url.href.replace(/\/+$/, "") };
  });
  return { ...shaped, show: blotUrl };
}

/** A `redis://`, `rediss://` or `unix://` URL, kept as it was written. */
export function redisUrl(): Kind<string> {
  const shaped = then(password(), (value) => {
    const reading = parseRedisUrl(value);
    return "problem" in reading ? reading : { value };
  });
  return { ...shaped, expected: "a URL redis://, rediss:// or unix://", show: blotUrl };
}

/** `KEY:SECRET` of an API user; the word `token` before it, which HTTP wants, is taken and dropped. */
export function apiToken(): Kind<string> {
  return {
    ...then(password(), (value) => {
      const token = value.trim().replace(/^token:?\s+/i, "");
      return /^[!-~]+$/.test(token)
        ? { value: token }
        : { problem: 'expected "KEY:SECRET" of an API user, without blanks' };
    }),
    expected: '"KEY:SECRET" of an API user',
  };
}

/** What stands before a queue's name; a colon is added after a letter or a digit, as benches separate it. */
export function queuePrefix(): Kind<string> {
  return text({
    expected: "text without blanks",
    pattern: /^\S+$/,
    normalise: (value) => value.replace(/[A-Za-z0-9]$/, "$&:"),
  });
}
