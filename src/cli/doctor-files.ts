/** `btu doctor` on this machine: configuration, files, time zones, the socket. */
import { lstatSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import { codeOf, describeError } from "../base/errors.ts";
import { secretsOf } from "../config/describe.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { findingsOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { mayUse, userOf } from "./permissions.ts";

const READ_BY_ALL = 0o004;
const WRITE_BY_ALL = 0o002;

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function looseFile(path: string, hasSecrets: boolean): Finding {
  const files = findingsOf("files");
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return files.error(`"${path}" is not there any more`);
  const shown = `"${path}" (${modeOf(stats)})`;
  if ((stats.mode & WRITE_BY_ALL) !== 0) {
    return files.error(
      `${shown} can be changed by everybody, and so what is run: chmod o-w "${path}"`,
    );
  }
  if (hasSecrets && (stats.mode & READ_BY_ALL) !== 0) {
    return files.warning(
      `${shown} holds passwords and can be read by everybody: chmod 0640 "${path}", and give it to the daemon's group`,
    );
  }
  return files.ok(shown);
}

/** The files that decide what is run. */
export function checkFiles({ path, config }: LoadedConfig): Finding[] {
  const { schedules_file: schedules } = config;
  return [
    ...(path === null ? [] : [looseFile(path, secretsOf(config).length > 0)]),
    ...(schedules === null ? [] : [looseFile(schedules, false)]),
  ];
}

/** Which time zone rules count. */
export function checkZones({ origin, version, directory, problems }: ZoneData): Finding[] {
  const zones = findingsOf("time zones");
  const place = directory === null ? "" : `, ${directory}`;
  return [
    zones.ok(`${origin} ${version}${place}`),
    ...problems.map((problem) => zones.warning(problem)),
  ];
}

/** What the site says about the socket. */
export interface SocketWanted {
  /** Whether the app calls the scheduler by it: newer ones do so by Redis. */
  readonly isUsed: boolean;
  readonly appSocket: string | null;
}

function checkAppPath(path: string, { appSocket }: SocketWanted): Finding {
  const socket = findingsOf("socket");
  const field = 'BTU Configuration\'s "Path to BTU Scheduler UDS"';
  if (appSocket === path) return socket.ok(`the app calls the daemon there too: ${field}`);
  return appSocket === null
    ? socket.warning(
        `${field} was never saved, so the app tells nothing when a schedule is saved: open that form, set ${path} and save it`,
      )
    : socket.error(
        `the app calls "${appSocket}": set ${field} to "${path}", or socket_path to "${appSocket}"`,
      );
}

/** Whether the web server, which runs as the owner of the bench, may call the daemon. */
function checkWebUser(path: string, { bench_path: bench }: Config): Finding[] {
  const stats = bench === null ? undefined : statSync(bench, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  const socket = findingsOf("socket");
  const user = userOf(stats);
  const obstacle = mayUse(path, user);
  if (obstacle === null) return [socket.ok(`"${user.name}", whose the bench is, may connect`)];
  const advice =
    obstacle === path
      ? `set socket_file_group_owner to a group of "${user.name}", such as "${user.groupName}"`
      : `let that user pass with chmod o+x "${obstacle}", or set socket_path to another folder`;
  return [
    socket.error(
      `"${user.name}", whose the bench "${bench}" is, may not use "${obstacle}": ${advice}`,
    ),
  ];
}

function checkPlace(path: string): Finding {
  const socket = findingsOf("socket");
  try {
    const stats = lstatSync(path);
    if (stats.isSocket()) return socket.ok(`"${path}" (${modeOf(stats)})`);
    return socket.error(`"${path}" is something else than a socket: remove it, or set socket_path`);
  } catch (error) {
    if (codeOf(error) !== "ENOENT")
      return socket.error(`look at "${path}": ${describeError(error)}`);
    return socket.warning(`"${path}" is not there: a daemon makes it in "${dirname(path)}"`);
  }
}

/** The socket's file, and what the app wants of it. */
export function checkSocket(config: Config, wanted: SocketWanted): Finding[] {
  const socket = findingsOf("socket");
  const { disable_unix_socket: isOff, socket_path: path } = config;
  if (isOff) {
    return wanted.isUsed
      ? [socket.error("this app calls the daemon by its socket: remove disable_unix_socket")]
      : [socket.ok("switched off by disable_unix_socket")];
  }
  const place = checkPlace(path);
  if (!wanted.isUsed) return [place];
  const web = place.level === "ok" ? checkWebUser(path, config) : [];
  return [place, ...web, checkAppPath(path, wanted)];
}
