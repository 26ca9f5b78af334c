import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { BuiltinZones, builtinVersion } from "../../src/cron/zone-builtin.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { ZoneError, offsetAt } from "../../src/cron/zone.ts";
import { zoneFileBytes } from "../support/tzif.ts";
import type { ZoneFile } from "../support/tzif.ts";

const root = mkdtempSync(join(tmpdir(), "zones-"));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;

/** A directory of zones, each with one offset for good, of a release that is newer than any. */
class ZoneDirectory {
  readonly path: string;

  constructor(release: string | null = "3000a", lines = "") {
    made += 1;
    this.path = join(root, String(made));
    mkdirSync(this.path);
    this.write("UTC", { offsets: [0] });
    if (release !== null) this.writeIndex(release, lines);
  }

  writeIndex(release: string, lines = ""): void {
    this.#replace("tzdata.zi", `# version ${release}\n${lines}`);
  }

  write(name: string, file: ZoneFile): void {
    this.#replace(name, zoneFileBytes(file));
  }

  damage(name: string): void {
    this.#replace(name, "damaged");
  }

  remove(name: string): void {
    rmSync(join(this.path, name));
  }

  /** As package managers do: a new file takes the old one's name. */
  #replace(name: string, content: string | Uint8Array): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  }
}

describe("zone data", () => {
  test("are the system's when these are newer", () => {
    const { path } = new ZoneDirectory("3000a");
    const zones = openZoneData({ choice: "auto", directory: path });
    expect([zones.origin, zones.version, zones.directory]).toEqual(["system", "3000a", path]);
  });

  test("are the system's when these are as new", () => {
    const { path } = new ZoneDirectory(builtinVersion());
    expect(openZoneData({ choice: "auto", directory: path }).origin).toBe("system");
  });

  test.each(["1999z", "2020a"])("are the built-in ones when the system's are of %s", (release) => {
    const { path } = new ZoneDirectory(release);
    const zones = openZoneData({ choice: "auto", directory: path });
    expect([zones.origin, zones.version, zones.directory]).toEqual([
      "builtin",
      builtinVersion(),
      null,
    ]);
  });

  test("are the system's when these do not tell their release", () => {
    const { path } = new ZoneDirectory(null);
    const zones = openZoneData({ choice: "auto", directory: path });
    expect([zones.origin, zones.version]).toEqual(["system", "unknown"]);
  });

  test("are the built-in ones where the system has none", () => {
    const zones = openZoneData({ choice: "auto", directory: join(root, "nowhere") });
    expect(zones.origin).toBe("builtin");
    expect(zones.find("Asia/Kolkata").offsets).toEqual(Int32Array.of(19_800));
  });

  test("are the older ones when those are asked for", () => {
    const { path } = new ZoneDirectory("1999z");
    expect(openZoneData({ choice: "system", directory: path }).version).toBe("1999z");
  });

  test("are refused when the system's are asked for and there are none", () => {
    const directory = join(root, "nowhere");
    expect(() => openZoneData({ choice: "system", directory })).toThrow(
      `no time zones in "${directory}"; install tzdata`,
    );
  });
});

describe("a zone", () => {
  const builtin = openZoneData({ choice: "builtin" });

  test("is the same object each time", () => {
    expect(builtin.find("Europe/Paris")).toBe(builtin.find("Europe/Paris"));
  });

  test("shares its table with its other names", () => {
    const [name, link] = [builtin.find("America/New_York"), builtin.find("US/Eastern")];
    expect(link.transitions).toBe(name.transitions);
    expect([link.name, link.fingerprint]).toEqual(["US/Eastern", name.fingerprint]);
  });

  test("has another fingerprint than a zone with other rules", () => {
    expect(builtin.find("Europe/Paris").fingerprint).not.toBe(
      builtin.find("Europe/London").fingerprint,
    );
  });

  test.each([
    ["america/new_york", "America/New_York"],
    ["UTc", "UTC"],
    ["etc/gmt+5", "Etc/GMT+5"],
    ["ASIA/CALCUTTA", "Asia/Calcutta"],
  ])("is found as %s and is called %s", (asked, name) => {
    expect(builtin.find(asked).name).toBe(name);
    expect(builtin.find(asked)).toBe(builtin.find(name));
  });

  test.each([
    "",
    " ",
    "UTC ",
    "Mars/Olympus",
    "EDT",
    "PST",
    "IST",
    "Z",
    "local",
    "system",
    "UTC+5",
    "UTC+05:30",
    "+05:30",
    "GMT+05:30",
    "../../etc/passwd",
    "/etc/localtime",
    "America/",
    "America",
    "America/New York",
    "America//New_York",
    "posix/UTC",
    "right/America/New_York",
    "RIGHT/UTC",
    "localtime",
    "posixrules",
    "Factory",
    "factory",
    "leapseconds",
    "tzdata.zi",
    "zone.tab",
    "Eastern Standard Time",
    "W. Europe Standard Time",
    "a/b/c/d",
    "Europe/Berlin\n",
    "É/Paris",
    "__proto__",
  ])("is not found as %j, in either data", (name) => {
    expect(() => builtin.find(name)).toThrow(ZoneError);
    const { path } = new ZoneDirectory();
    expect(() => openZoneData({ choice: "system", directory: path }).find(name)).toThrow(
      `unknown time zone '${name}'; use an IANA name such as America/New_York`,
    );
  });

  test.each([
    ["America/NewYork", "America/New_York"],
    ["america/new york", "America/New_York"],
    ["New York", "America/New_York"],
    ["europe/berln", "Europe/Berlin"],
    ["Tokyo", "Asia/Tokyo"],
    ["posix/Europe/Berlin", "Europe/Berlin"],
  ])("that is nearly one is not found as %j, and %j is offered", (name, meant) => {
    expect(() => builtin.find(name)).toThrow(
      `unknown time zone '${name}'; use an IANA name such as America/New_York (did you mean "${meant}"?)`,
    );
  });

  test.each(["EDT", "PST", "IST", "Z", "+05:30", "Eastern Standard Time", "Mars/Olympus"])(
    "that means nothing here is not found as %j, and nothing is offered",
    (name) => {
      expect(() => builtin.find(name)).toThrow(/America\/New_York$/);
    },
  );

  test("a name that the zone data have learned is not offered as before", () => {
    const directory = new ZoneDirectory("3000a", "Z Here/Placid 1 - X\n");
    const zones = openZoneData({ choice: "system", directory: directory.path });
    expect(() => zones.find("Here/Placf")).toThrow('"Here/Placid"');
    directory.writeIndex("3000b", "Z Here/Place 1 - X\n");
    zones.refresh(0);
    expect(zones.refresh(31_000)).toBe(true);
    expect(() => zones.find("Here/Placf")).toThrow('"Here/Place"');
  });

  test("that the system lacks is taken from the link in its index", () => {
    const directory = new ZoneDirectory("3000a", "Z Here/Place 1 - X\nL Here/Place Old/Name\n");
    directory.write("Here/Place", { offsets: [1234] });
    const zones = openZoneData({ choice: "system", directory: directory.path });
    expect(zones.find("Old/Name").offsets).toEqual(Int32Array.of(1234));
    expect(zones.find("old/name").name).toBe("Old/Name");
  });

  test("that the system lacks altogether is the built-in one", () => {
    const { path } = new ZoneDirectory();
    const zones = openZoneData({ choice: "system", directory: path });
    expect(zones.find("Asia/Tokyo").fingerprint).toBe(builtin.find("Asia/Tokyo").fingerprint);
  });

  test("whose file is damaged is the built-in one, and the file is named", () => {
    const directory = new ZoneDirectory();
    directory.damage("Asia/Tokyo");
    const zones = openZoneData({ choice: "system", directory: directory.path });
    expect(zones.find("Asia/Tokyo").fingerprint).toBe(builtin.find("Asia/Tokyo").fingerprint);
    expect(zones.problems).toEqual([
      `cannot read "${join(directory.path, "Asia/Tokyo")}": not a time zone file`,
    ]);
  });
});

/** Zone data with two zones in use. */
function openChanging() {
  const directory = new ZoneDirectory();
  directory.write("Some/Where", { offsets: [3600] });
  directory.write("Else/Where", { offsets: [60] });
  const zones = openZoneData({ choice: "auto", directory: directory.path });
  return { directory, zones, before: zones.find("Some/Where"), other: zones.find("Else/Where") };
}

describe("zone files that change", () => {
  test("are read once they have stood still for half a minute", () => {
    const { directory, zones, before, other } = openChanging();
    directory.write("Some/Where", { offsets: [7200] });
    expect([0, 10_000, 29_999].map((nowMs) => zones.refresh(nowMs))).toEqual([false, false, false]);
    expect(zones.find("Some/Where")).toBe(before);
    expect(zones.refresh(30_000)).toBe(true);
    expect(offsetAt(zones.find("Some/Where"), 0)).toBe(7200);
    expect(zones.find("Some/Where").fingerprint).not.toBe(before.fingerprint);
    expect(zones.find("Else/Where")).toBe(other);
    expect(zones.refresh(90_000)).toBe(false);
  });

  test("are waited for as long as they go on changing", () => {
    const { directory, zones } = openChanging();
    directory.write("Some/Where", { offsets: [7200] });
    zones.refresh(0);
    directory.write("Else/Where", { offsets: [120] });
    expect(zones.refresh(30_000)).toBe(false);
    expect(zones.refresh(60_000)).toBe(true);
    expect(offsetAt(zones.find("Else/Where"), 0)).toBe(120);
  });

  test("are waited for anew when the clock was set back", () => {
    const { directory, zones } = openChanging();
    directory.write("Some/Where", { offsets: [7200] });
    expect([50_000, 10_000, 39_999, 40_000].map((nowMs) => zones.refresh(nowMs))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test("keep the zone when its rules are the same", () => {
    const { directory, zones, before } = openChanging();
    directory.write("Some/Where", { offsets: [3600] });
    zones.refresh(0);
    expect(zones.refresh(30_000)).toBe(false);
    expect(zones.find("Some/Where")).toBe(before);
  });

  test("keep the last table of a zone that cannot be read", () => {
    const { directory, zones, before } = openChanging();
    directory.damage("Some/Where");
    zones.refresh(0);
    expect(zones.refresh(30_000)).toBe(false);
    expect(zones.find("Some/Where")).toBe(before);
    expect(zones.problems[0]).toContain("Some/Where");
    directory.write("Some/Where", { offsets: [7200] });
    zones.refresh(60_000);
    expect(zones.refresh(90_000)).toBe(true);
    expect(zones.problems).toEqual([]);
  });

  test("keep the last table of a zone that is gone", () => {
    const { directory, zones, before } = openChanging();
    directory.remove("Some/Where");
    zones.refresh(0);
    expect(zones.refresh(30_000)).toBe(false);
    expect(zones.find("Some/Where")).toBe(before);
  });

  test("keep all tables when the directory is gone", () => {
    const { directory, zones, before } = openChanging();
    rmSync(directory.path, { recursive: true });
    zones.refresh(0);
    expect(zones.refresh(30_000)).toBe(false);
    expect([zones.origin, zones.version]).toEqual(["system", "3000a"]);
    expect(zones.find("Some/Where")).toBe(before);
  });

  test("take over when they become newer than the built-in ones", () => {
    const directory = new ZoneDirectory("1999z");
    const zones = openZoneData({ choice: "auto", directory: directory.path });
    expect(offsetAt(zones.find("Asia/Tokyo"), 0)).toBe(32_400);
    directory.write("Asia/Tokyo", { offsets: [60] });
    directory.writeIndex("3000b");
    zones.refresh(0);
    expect(zones.refresh(30_000)).toBe(true);
    expect([zones.origin, zones.version]).toEqual(["system", "3000b"]);
    expect(offsetAt(zones.find("Asia/Tokyo"), 0)).toBe(60);
  });

  test("are noticed when they are installed later", () => {
    const directory = new ZoneDirectory();
    const later = join(root, "later");
    const zones = openZoneData({ choice: "auto", directory: later });
    cpSync(directory.path, later, { recursive: true });
    zones.refresh(0);
    expect(zones.refresh(30_000)).toBe(true);
    expect([zones.origin, zones.directory]).toEqual(["system", later]);
  });

  test("are left alone when the built-in ones are chosen", () => {
    const directory = new ZoneDirectory();
    const zones = openZoneData({ choice: "builtin", directory: directory.path });
    directory.writeIndex("3000b");
    expect([0, 30_000].map((nowMs) => zones.refresh(nowMs))).toEqual([false, false]);
  });
});

/** `GMT+05:30`. */
function gmtText(seconds: number): string {
  const minutes = Math.abs(seconds) / 60;
  const parts = [Math.floor(minutes / 60), minutes % 60];
  const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return seconds === 0 ? "GMT" : `GMT${seconds < 0 ? "-" : "+"}${time}`;
}

describe("built-in zones", () => {
  const zones = openZoneData({ choice: "builtin" });
  const names = [...new BuiltinZones().names()];

  test("are all there and all readable", () => {
    expect(names.length).toBeGreaterThan(590);
    expect(names.map((name) => zones.find(name).name)).toEqual(names);
  });

  test.each([
    ["America/Vancouver", "2026-12-01T00:00:00Z", -7],
    ["America/New_York", "2026-12-01T00:00:00Z", -5],
    ["Pacific/Apia", "2011-12-30T09:59:59Z", -10],
    ["Pacific/Apia", "2011-12-30T10:00:00Z", 14],
    ["Africa/Monrovia", "1971-12-31T00:00:00Z", -0.7416666666666667],
    ["Asia/Kathmandu", "2026-01-01T00:00:00Z", 5.75],
    ["Pacific/Norfolk", "2016-12-01T00:00:00Z", 11],
    ["Europe/Dublin", "2098-07-01T00:00:00Z", 1],
    ["Africa/Cairo", "2060-07-01T00:00:00Z", 3],
  ])("put %s right at %s", (name, at, hours) => {
    expect(offsetAt(zones.find(name), Date.parse(at) / 1000) / 3600).toBe(hours);
  });

  test.each([
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Cairo",
  ])("agree with the runtime on %s", (name) => {
    const format = new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "longOffset" });
    const instants = Array.from({ length: 1000 }, (_, week) => week * 7 * 86_400 * 2 + 43_200);
    const theirs = instants.map(
      (at) => format.formatToParts(at * 1000).find(({ type }) => type === "timeZoneName")?.value,
    );
    expect(instants.map((at) => gmtText(offsetAt(zones.find(name), at)))).toEqual(
      theirs as string[],
    );
  });

  test("never show a wall time three times, nor skip one that was shown: jumps stand far apart", () => {
    const close = names.flatMap((name) => {
      const { transitions, offsets } = zones.find(name);
      return [...transitions.keys()].filter((index) => {
        const length = (transitions[index + 1] ?? Infinity) - transitions[index]!;
        return length <= 2 * Math.abs(offsets[index + 1]! - offsets[index]!);
      });
    });
    expect(close).toEqual([]);
  });
});
