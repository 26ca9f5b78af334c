import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/base/errors.ts";
import { flagName, Flags } from "../../src/cli/flags.ts";

const flags = new Flags<"json" | "tz" | "count" | "zoneData">({
  json: true,
  count: "12",
  zoneData: "system",
});

describe("Flags", () => {
  test("tells which switches are on", () => {
    expect([flags.on("json"), flags.on("tz")]).toEqual([true, false]);
  });

  test("gives null for what was not given", () => {
    expect([flags.text("tz"), flags.integer("tz", { min: 1, max: 2 })]).toEqual([null, null]);
  });

  test("reads a choice and a number", () => {
    expect(flags.choice("zoneData", ["auto", "system"])).toBe("system");
    expect(flags.integer("count", { min: 1, max: 12 })).toBe(12);
  });

  test.each(["0", "13", "-1", "1.5", "1e1", " 1", "x", "99999999999999999999"])(
    "refuses %p as a number 1-12",
    (count) => {
      const read = (): unknown =>
        new Flags<"count">({ count }).integer("count", { min: 1, max: 12 });
      expect(read).toThrow(UsageError);
    },
  );
});

test("flagName writes camel case as it is typed", () => {
  expect(["json", "zoneData"].map(flagName)).toEqual(["--json", "--zone-data"]);
});
