/** Whether another user of the machine may connect to a socket, by the permission bits on the way to it. */
import { readFileSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname } from "node:path";

/** A user and all groups that he is in. */
export interface SystemUser {
  readonly id: number;
  readonly name: string;
  readonly groups: ReadonlySet<number>;
  readonly groupName: string;
}

const ROOT = 0;
const EXECUTE = 1;
const WRITE = 2;

interface Line {
  readonly name: string;
  readonly id: number;
  readonly members: readonly string[];
}

/** The lines of /etc/passwd or /etc/group; directories of the network are asked by `getent` where it is there. */
function linesOf(database: "passwd" | "group"): Line[] {
  return textOf(database)
    .split("\n")
    .flatMap((line) => {
      const [name = "", , id = "", members = ""] = line.split(":");
      return name === "" ? [] : [{ name, id: Number(id), members: members.split(",") }];
    });
}

function textOf(database: "passwd" | "group"): string {
  try {
    return Bun.spawnSync(["getent", database]).stdout.toString();
  } catch {
    return fileText(`/etc/${database}`);
  }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The owner of a file. */
export function userOf({ uid, gid }: Pick<Stats, "uid" | "gid">): SystemUser {
  const name = linesOf("passwd").find(({ id }) => id === uid)?.name ?? String(uid);
  const groups = linesOf("group");
  const own = groups.filter(({ members, id }) => id === gid || members.includes(name));
  const first = groups.find(({ id }) => id === gid)?.name ?? String(gid);
  return { id: uid, name, groups: new Set([gid, ...own.map(({ id }) => id)]), groupName: first };
}

/** Which three of the bits count for the user. */
function bitsFor({ mode, uid, gid }: Stats, user: SystemUser): number {
  if (uid === user.id) return (mode >> 6) & 7;
  return (user.groups.has(gid) ? mode >> 3 : mode) & 7;
}

/** The file or folder that keeps a user from connecting to a socket; null when nothing does, or it cannot be seen. */
export function mayUse(path: string, user: SystemUser): string | null {
  if (user.id === ROOT) return null;
  const needed: Array<readonly [path: string, bit: number]> = [[path, WRITE]];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    needed.push([folder, EXECUTE]);
    if (folder === dirname(folder)) break;
  }
  const obstacle = needed.toReversed().find(([place, bit]) => {
    const stats = statSync(place, { throwIfNoEntry: false });
    return stats !== undefined && (bitsFor(stats, user) & bit) === 0;
  });
  return obstacle?.[0] ?? null;
}
