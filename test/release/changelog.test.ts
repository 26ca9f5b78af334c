import { describe, expect, test } from "bun:test";
import { notesOf, releaseFaults } from "../../scripts/lib/changelog.ts";

const WRITTEN = `# Changes

## Unreleased

## 1.2.0 - 2027-01-31

### Added

- Something.

## 1.1.0 - 2026-12-01

- Something else.
`;

const READY = { version: "1.2.0", lockVersion: "1.2.0", changelog: WRITTEN, tag: "v1.2.0" };

describe("a release", () => {
  test("may go out when its section is dated, newest, and lists a change", () => {
    expect(releaseFaults(READY)).toEqual([]);
    expect(releaseFaults({ ...READY, tag: null })).toEqual([]);
  });

  test.each([
    [
      { version: "1.3.0", lockVersion: "1.3.0", tag: null },
      'has no section "## 1.3.0 - YYYY-MM-DD"',
    ],
    [
      { version: "1.1.0", lockVersion: "1.1.0", tag: null },
      "must be the newest section, before 1.2.0",
    ],
    [{ lockVersion: "1.1.9" }, "package-lock.json says 1.1.9"],
    [{ tag: "v1.2.1" }, 'the tag "v1.2.1" does not fit package.json: expected "v1.2.0"'],
    [{ version: "next", lockVersion: "next", tag: null }, '"next" is no version'],
    [{ changelog: WRITTEN.replace(" - 2027-01-31", "") }, "lacks its date"],
    [{ changelog: WRITTEN.replace("2027-01-31", "soon") }, "lacks its date"],
    [{ changelog: WRITTEN.replace("- Something.\n", "") }, "lists no change"],
    [
      { changelog: WRITTEN.replace("Unreleased\n", "Unreleased\n\n- More.\n") },
      "still lists changes",
    ],
  ])("is refused with %j", (change, word) => {
    expect(releaseFaults({ ...READY, ...change }).join("\n")).toContain(word);
  });

  test("has the text of its section as its notes", () => {
    expect(notesOf(WRITTEN, "1.2.0")).toBe("### Added\n\n- Something.");
  });
});
