import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openLog } from "../../src/base/log.ts";
import { tempDir } from "../support/temp-dir.ts";

test("a level that is set later holds for parts of the log that were made before", () => {
  using dir = tempDir();
  const file = dir.file("log");
  const open = openLog({ level: "info", format: "plain", file, redact: (text) => text });
  const part = open.log.for("part");
  part.debug("one");
  open.setLevel("debug");
  part.debug("two");
  open.setLevel("error");
  part.info("three");
  open.close();
  expect(readFileSync(file, "utf8")).toMatch(/^\S+ DEBUG part: two\n$/);
});
