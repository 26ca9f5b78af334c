import { describe, expect, test } from "bun:test";
import { zonedCron } from "../../src/schedule/zone-rule.ts";
import type { SiteZones, ZoneColumns } from "../../src/schedule/zone-rule.ts";

const BOTH: SiteZones = { btuConfiguration: "America/Los_Angeles", systemSettings: "Asia/Tokyo" };
const NO_BTU: SiteZones = { ...BOTH, btuConfiguration: null };
const NONE: SiteZones = { btuConfiguration: null, systemSettings: null };

function columns(more: Partial<ZoneColumns>): ZoneColumns {
  return {
    cronString: "1 2 3 4 5",
    cronTimeZone: null,
    runFrequency: null,
    dayOfWeek: null,
    dayOfMonth: 0,
    month: null,
    hour: null,
    minute: 0,
    ...more,
  };
}

function ruled(more: Partial<ZoneColumns>, zones = BOTH, legacy: "rebuild" | "strict" = "rebuild") {
  const { cron, timeZone, rule } = zonedCron(columns(more), zones, legacy);
  return [cron, timeZone, rule];
}

describe("the zone of a row is", () => {
  test.each<[string, Partial<ZoneColumns>, SiteZones, [string, string]]>([
    ["its own", { cronTimeZone: "Europe/Berlin" }, BOTH, ["Europe/Berlin", "schedule"]],
    [
      "its own, without blanks",
      { cronTimeZone: " Europe/Berlin\t" },
      BOTH,
      ["Europe/Berlin", "schedule"],
    ],
    [
      "its own, whatever its frequency",
      { cronTimeZone: "UTC", runFrequency: "Daily", hour: "8" },
      BOTH,
      ["UTC", "schedule"],
    ],
    ["that of BTU Configuration", {}, BOTH, ["America/Los_Angeles", "btu_configuration"]],
    [
      "the same for a blank one",
      { cronTimeZone: "  " },
      BOTH,
      ["America/Los_Angeles", "btu_configuration"],
    ],
    [
      "the same for cron text",
      { runFrequency: "Cron Style" },
      BOTH,
      ["America/Los_Angeles", "btu_configuration"],
    ],
    [
      "the same in another spelling",
      { runFrequency: " cron style " },
      BOTH,
      ["America/Los_Angeles", "btu_configuration"],
    ],
    [
      "the same for an empty frequency",
      { runFrequency: "" },
      BOTH,
      ["America/Los_Angeles", "btu_configuration"],
    ],
    ["that of System Settings without it", {}, NO_BTU, ["Asia/Tokyo", "system_settings"]],
    ["UTC without both", {}, NONE, ["UTC", "utc_default"]],
  ])("%s", (_, more, zones, zoneAndRule) => {
    expect(ruled(more, zones)).toEqual(["1 2 3 4 5", ...zoneAndRule]);
  });
});

describe("a row that was stored in UTC is rebuilt in the site's zone:", () => {
  test.each<[string, Partial<ZoneColumns>, string]>([
    ["Hourly", { runFrequency: "Hourly", minute: 15 }, "15 * * * *"],
    [
      "Hourly, with an hour left over",
      { runFrequency: "Hourly", minute: 15, hour: "3" },
      "15 * * * *",
    ],
    ["Daily", { runFrequency: "Daily", hour: "8", minute: 5 }, "5 8 * * *"],
    ["Daily at midnight", { runFrequency: "Daily", hour: "0" }, "0 0 * * *"],
    [
      "Daily, the hour as the first version counted it",
      { runFrequency: "Daily", hour: "16.0" },
      "0 16 * * *",
    ],
    [
      "Daily, with a day left over",
      { runFrequency: "Daily", hour: "8", dayOfMonth: 3, dayOfWeek: "Friday" },
      "0 8 * * *",
    ],
    [
      "Weekly",
      { runFrequency: "Weekly", hour: "22", minute: 30, dayOfWeek: "Sunday" },
      "30 22 * * Sun",
    ],
    [
      "Weekly, with a month left over",
      { runFrequency: "Weekly", hour: "1", dayOfWeek: "Monday", month: "JAN" },
      "0 1 * * Mon",
    ],
    ["Monthly", { runFrequency: "Monthly", hour: "6", dayOfMonth: 31 }, "0 6 31 * *"],
    ["Yearly", { runFrequency: "Yearly", hour: "6", dayOfMonth: 1, month: "JAN" }, "0 6 1 JAN *"],
    ["in another spelling", { runFrequency: "daily ", hour: " 8 " }, "0 8 * * *"],
  ])("%s", (_, more, cron) => {
    expect(ruled(more)).toEqual([cron, "Asia/Tokyo", "legacy_rebuilt"]);
  });
});

describe("a row that was stored in UTC is taken as it stands when", () => {
  test.each<[string, Partial<ZoneColumns>, SiteZones, "rebuild" | "strict"]>([
    ["it is wished so", { runFrequency: "Daily", hour: "8" }, BOTH, "strict"],
    ["the site's zone is not known", { runFrequency: "Daily", hour: "8" }, NONE, "rebuild"],
    ["it has no hour", { runFrequency: "Daily" }, BOTH, "rebuild"],
    ["its hour is none", { runFrequency: "Daily", hour: "noon" }, BOTH, "rebuild"],
    ["it has no weekday", { runFrequency: "Weekly", hour: "8", dayOfWeek: " " }, BOTH, "rebuild"],
    ["it has no day", { runFrequency: "Monthly", hour: "8" }, BOTH, "rebuild"],
    ["it has no month", { runFrequency: "Yearly", hour: "8", dayOfMonth: 1 }, BOTH, "rebuild"],
    ["its frequency is unknown", { runFrequency: "Fortnightly", hour: "8" }, BOTH, "rebuild"],
  ])("%s", (_, more, zones, legacy) => {
    expect(ruled(more, zones, legacy)).toEqual(["1 2 3 4 5", "UTC", "legacy_utc"]);
  });
});
