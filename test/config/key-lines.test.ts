import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parse } from "smol-toml";
import { keyLines } from "../../src/config/key-lines.ts";

describe("keyLines", () => {
  test("finds keys behind everything that looks like one", () => {
    const text = [
      "# a = 1",
      "a = 1 # b = 2",
      'c = """',
      "d = 4",
      '\\""" e = 5',
      '"""',
      "f = '''",
      "g = 7'''",
      "h = [",
      "  'i = 8', # j = 9",
      '  "]",',
      "]",
      'k = { l = 1, "m" = [2] }',
      '"n o" = 1',
      "p.q = 1",
      "[r]",
      "s = 1",
      "[[t]]",
      "u = 1",
      "[[t]]",
      "u = 2",
    ].join("\n");
    expect(() => parse(text)).not.toThrow();
    expect(Object.fromEntries(keyLines(text))).toEqual({
      a: 2,
      c: 3,
      f: 7,
      h: 9,
      k: 13,
      "n o": 14,
      p: 15,
      "p.q": 15,
      r: 16,
      "r.s": 17,
      t: 18,
      "t.0": 18,
      "t.0.u": 19,
      "t.1": 20,
      "t.1.u": 21,
    });
  });

  test("counts lines that end in CR LF, and a byte order mark", () => {
    expect(Object.fromEntries(keyLines("\uFEFFa = 1\r\n\r\nb = 2\r\n"))).toEqual({ a: 1, b: 3 });
  });

  const value = fc.oneof(
    fc.integer().map(String),
    fc.string().map((text) => JSON.stringify(text).replaceAll("\u007F", "")),
    fc.constantFrom(
      "'#'",
      "'''\nx = 1\n'''",
      '"""\n"" y = 2 \\"""\n"""',
      "[ 1, # ]\n 2 ]",
      "{ z = '}' }",
    ),
  );
  const filler = fc.constantFrom("", "\n", "# k = 1\n", "  \n\t\n", "# '''\n", '# """\n');

  test("finds the line of every key whatever stands between them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(filler, value), { maxLength: 12 }), (entries) => {
        let text = "";
        const wanted: Record<string, number> = {};
        for (const [index, [before, written]] of entries.entries()) {
          text += before;
          wanted[`key-${index}`] = text.split("\n").length;
          text += `key-${index} = ${written}\n`;
        }
        expect(() => parse(text)).not.toThrow();
        expect(Object.fromEntries(keyLines(text))).toEqual(wanted);
      }),
    );
  });

  const SIGNS = ["a", "=", "[", "]", "{", "}", '"', "'", "#", ".", "\\", " ", "\n"];

  test("comes to an end on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...SIGNS) }), (text) => {
        expect(keyLines(text).size).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
