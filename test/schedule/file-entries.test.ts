import { describe, expect, test } from "bun:test";
import { parse } from "smol-toml";
import { parseEntries } from "../../src/schedule/file-entries.ts";

function entries(text: string): unknown[] {
  return Array.from(parseEntries("x.toml", text), (item) => ("entry" in item ? item.entry : item));
}

function lines(text: string): Array<number | null> {
  return Array.from(parseEntries("x.toml", text), (item) => ("line" in item ? item.line : null));
}

const ALIKE = {
  "two tables": '[[schedule]]\nid = "a"\n[[schedule]]\nid = "b"\n',
  "comments before, between and after":
    '# one\n\n[[schedule]] # x\nid = "a"\n# two\n[[ schedule ]]\nid = "b"\n# three',
  "line ends of Windows": '[[schedule]]\r\nid = "a"\r\n[[schedule]]\r\nid = "b"\r\n',
  "tables within": '[[schedule]]\nid = "a"\n[schedule.kwargs]\nx = 1\n[[schedule]]\nid = "b"\n',
  "lists of tables within":
    '[[schedule]]\nid = "a"\n[[schedule.args]]\nx = 1\n[[schedule.args]]\nx = 2\n[[schedule]]\nid = "b"\n',
  "a header within a text":
    '[[schedule]]\nid = "a"\n[[schedule]]\nid = """\n[[schedule]]\nid = 1\n"""\n[[schedule]]\nid = "c"\n',
  "a header within a literal text": "[[schedule]]\nid = '''\n[[schedule]]\n'''\n",
  "an inline list": 'schedule = [{ id = "a" }, { id = "b" }]\n',
  "quoted headers": '[["schedule"]]\nid = "a"\n[[\'schedule\']]\nid = "b"\n',
  nothing: "# nothing\n",
};

describe("the entries of a TOML file", () => {
  test.each(Object.entries(ALIKE))("with %s are those of the whole document", (_, text) => {
    expect(entries(text)).toEqual(
      (parse(text, { integersAsBigInt: true })["schedule"] ?? []) as [],
    );
  });

  test("a stray key is told after the entries, wherever it stands", () => {
    const stray = { stray: "other" };
    expect(entries('other = 1\n[[schedule]]\nid = "a"')).toEqual([{ id: "a" }, stray]);
    expect(entries('[[schedule]]\nid = "a"\n[other]\nx = 1\n[[schedule]]\nid = "b"')).toEqual([
      { id: "a" },
      { id: "b" },
      stray,
    ]);
  });

  test("carry their lines", () => {
    expect(lines('# one\n[[schedule]]\nid = "a"\n\n[[schedule]]\nid = "b"')).toEqual([2, 5]);
    expect(lines('[[schedule]]\nid = "a"\n\n[[schedule]]\nid = "b"\n[other]')).toEqual([
      1,
      4,
      null,
    ]);
  });

  test.each([
    ['[[schedule]]\nid = "a"\n[[schedule]]\nid = "b\n', /^read "x.toml": line 4, column/],
    ['[[schedule]]\nid = "a"\nid = "b"\n[[schedule]]\n', /line 3, column/],
    ["[schedule]\nid = 1\n[[schedule]]\nid = 2", /line 3, column/],
    ["schedule = 3", /expected \[\[schedule\]\] tables/],
  ])("an error in %j is told with its place", (text, message) => {
    expect(() => entries(text)).toThrow(message);
  });
});
