/** Python reads the same zone files with code of its own: every offset must be the same. */
import { expect, test } from "bun:test";

import { BuiltinZones } from "../../src/cron/zone-builtin.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { offsetAt } from "../../src/cron/zone.ts";
import type { Zone } from "../../src/cron/zone.ts";
import { askPython } from "../support/python.ts";

const SCRIPT = `
import json, sys, zoneinfo
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
known = zoneinfo.available_timezones()

def offsets(name, instants):
    zone = zoneinfo.ZoneInfo(name)
    return [(EPOCH + timedelta(seconds=at)).astimezone(zone).utcoffset().total_seconds() for at in instants]

questions = json.load(sys.stdin)
zoneinfo.reset_tzpath([questions["directory"]])
print(json.dumps({name: offsets(name, instants) for name, instants in questions["zones"].items() if name in known}))
`;

const END = 4_102_444_800;
const STEP = 40 * 86_400;
const LONG_TEST_MS = 120_000;

/** Both sides of every change, and one instant in forty days. */
function instantsOf({ transitions }: Zone): number[] {
  const regular = Array.from({ length: Math.floor(END / STEP) }, (_, index) => index * STEP);
  const changes = Array.from(transitions).flatMap((at) => [at - 1, at]);
  return [...regular, ...changes].filter((at) => at >= 0 && at < END);
}

test(
  "Python's zoneinfo gives the same offsets from the system's files, up to the end of 2099",
  async () => {
    const system = openZoneData({ choice: "system" });
    const questions = new Map(
      [...new BuiltinZones().names()].map((name) => [name, instantsOf(system.find(name))]),
    );
    const theirs = (await askPython(SCRIPT, {
      directory: system.directory,
      zones: Object.fromEntries(questions),
    })) as Record<string, number[]>;
    const names = Object.keys(theirs);
    const ours = names.map((name) =>
      (questions.get(name) ?? []).map((at) => offsetAt(system.find(name), at)),
    );
    expect(names.length).toBeGreaterThan(500);
    expect(ours).toEqual(names.map((name) => theirs[name] ?? []));
  },
  LONG_TEST_MS,
);
