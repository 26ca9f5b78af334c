import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseLiteral } from "../../src/pickle/literal.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { LiteralError } from "../../src/pickle/text-error.ts";
import { PyDict, PySet, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";
import { values } from "../support/arbitrary-value.ts";
import { plainOf } from "../support/plain-value.ts";

function errorOf(text: string): LiteralError {
  try {
    parseLiteral(text);
  } catch (error) {
    if (error instanceof LiteralError) return error;
    throw error;
  }
  throw new Error("the text was taken");
}

describe("parseLiteral", () => {
  test.each<[text: string, value: PickleValue]>([
    ["None", null],
    ["True", true],
    ["False", false],
    ["0", 0n],
    ["00_0", 0n],
    ["-0", 0n],
    ["+7", 7n],
    ["- 7", -7n],
    ["-(7)", -7n],
    ["1_000_000", 1_000_000n],
    ["123456789012345678901234567890", 123456789012345678901234567890n],
    ["0xDEAD_beef", 0xdeadbeefn],
    ["0X_f", 15n],
    ["0o17", 15n],
    ["0b1_1", 3n],
    ["1.0", 1],
    ["1.", 1],
    [".5", 0.5],
    ["-0.0", -0],
    ["01.5", 1.5],
    ["1e3", 1000],
    ["1_0.0_1e-0_1", 1.001],
    ["1e400", Infinity],
    ["'a'", "a"],
    ['"it\'s"', "it's"],
    ["'a' \"b\" '''c'''", "abc"],
    ["'''a\n'b'\n'''", "a\n'b'\n"],
    ["'a\\\nb'", "ab"],
    ["'\\x41\\101\\u00e9\\U0001F600\\n\\\\\\'\\a\\b\\f\\v\\r\\t\\0'", "AAé😀\n\\'\x07\b\f\v\r\t\0"],
    ["'\\d\\8'", "\\d\\8"],
    ["'\\777'", "\u01ff"],
    ["u'é'", "é"],
    ["r'\\n\\''", "\\n\\'"],
    ["R'''\\\n'''", "\\\n"],
    ["'\\ud800'", "\ud800"],
    ["b'a\\xff\\777\\u0041'", Buffer.from("a\xff\xff\\u0041", "latin1")],
    ["Rb'\\x00' bR'\\''", Buffer.from("\\x00\\'", "latin1")],
    ["()", new PyTuple([])],
    ["(1)", 1n],
    ["(1,)", new PyTuple([1n])],
    ["1,", new PyTuple([1n])],
    ["1, 2", new PyTuple([1n, 2n])],
    ["('a' 'b')", "ab"],
    ["((1, 2), [3, (4)],)", new PyTuple([new PyTuple([1n, 2n]), [3n, 4n]])],
    ["[]", []],
    ["[1,]", [1n]],
    ["{}", new PyDict()],
    ["{1: 'a', True: 'b', 1.0: 'c'}", new PyDict([[1n, "c"]])],
    [
      "{'__proto__': 1, (1,): 2,}",
      new PyDict([
        ["__proto__", 1n],
        [new PyTuple([1n]), 2n],
      ]),
    ],
    ["{1, 2, 1.0}", new PySet([1n, 2n])],
    ["set()", new PySet()],
    ["set ( )", new PySet()],
    ["  1  # one\n\n# two\n", 1n],
    ["# first\n\n[1, # one\n  2\n]", [1n, 2n]],
    ["1, \\\n 2", new PyTuple([1n, 2n])],
    ["[1,\r\n2]", [1n, 2n]],
  ])("reads %j", (text, value) => {
    expect(plainOf(parseLiteral(text))).toEqual(plainOf(value));
  });

  test("reads every value that Python can write as a literal", () => {
    // inf and nan have no literal, and frozenset() is a call.
    const plain = values.filter((value) => !/\b(inf|nan|frozenset)\b/.test(pyRepr(value)));
    fc.assert(
      fc.property(plain, (value) => {
        expect(plainOf(parseLiteral(pyRepr(value)))).toEqual(plainOf(value));
      }),
    );
  });

  test.each<[text: string, where: string, problem: string]>([
    ["", "line 1, column 1, end of text", "no value"],
    ["# only a comment", "line 1, column 1", "no value"],
    ["foo", 'line 1, column 1, "foo"', 'a name is not a value: write text in quotes, "foo"'],
    ["[1, true]", 'line 1, column 5, "true"', "Python writes True"],
    ["{'a': null}", 'line 1, column 7, "null"', "Python writes None"],
    ["os.system('x')", 'line 1, column 1, "os.system"', "nothing is called or run"],
    ["dict(a=1)", 'line 1, column 1, "dict"', "nothing is called"],
    ["[1,\n  set([1])]", 'line 2, column 3, "set"', "only set() is taken"],
    ["a=1, b=2", 'line 1, column 1, "a"', 'named arguments are written as a dict: {"a": value}'],
    ["1 = 2", 'line 1, column 3, "="', "named arguments"],
    ["1 + 2", 'line 1, column 3, "+"', "nothing is calculated"],
    ["2j", 'line 1, column 1, "2j"', "complex numbers are not taken"],
    ["1+2j", 'line 1, column 2, "+"', "complex numbers are not taken"],
    ["--1", 'line 1, column 2, "-"', "a sign stands before a number only"],
    ["-'a'", "line 1, column 2", "a sign stands before a number only"],
    ["-(1, 2)", 'line 1, column 4, ","', "a sign stands before a number only"],
    ["007", 'line 1, column 1, "007"', "an int has no leading zeros"],
    ["0xg", 'line 1, column 1, "0xg"', "not a number as Python writes it"],
    ["1__0", 'line 1, column 1, "1__0"', "not a number as Python writes it"],
    ["1_", 'line 1, column 1, "1_"', "not a number as Python writes it"],
    ["10L", 'line 1, column 1, "10L"', "not a number as Python writes it"],
    ["9".repeat(4_301), "line 1, column 1", "Python takes 4300: write it in hexadecimal"],
    ["f'{x}'", 'line 1, column 1, "f"', "formatted text is not a literal"],
    ["ur'x'", 'line 1, column 1, "ur"', "unknown prefix"],
    ["'abc", "line 1, column 1", "the text has no end: close it with '"],
    ["'a\nb'", "line 1, column 1", "the text has no end"],
    ["[1, '''a\n'' ]", 'line 1, column 5, "\'"', "the text has no end: close it with '''"],
    ["'\\x4'", 'line 1, column 2, "\\"', "\\x needs 2 hexadecimal digits"],
    ["'\\u12g4'", "line 1, column 2", "\\u needs 4 hexadecimal digits"],
    ["'\\U00110000'", "line 1, column 2", "no character has this number"],
    ["'\\N{BULLET}'", "line 1, column 2", "names of characters are not known here"],
    ["'\\ud83d\\ude00'", "line 1, column 8", "two halves of one character"],
    ["'\\ud83d' '\\ude00'", "line 1, column 11", "two halves of one character"],
    ["b'é'", "line 1, column 1", "bytes hold ASCII only: write \\xHH"],
    ["'a' b'b'", 'line 1, column 5, "b"', "text and bytes stand side by side"],
    ["[1, 2", 'line 1, column 1, "["', "the bracket has no end: close it with ]"],
    ["{1: 2", 'line 1, column 1, "{"', "the bracket has no end: close it with }"],
    ["(1]", 'line 1, column 3, "]"', "this bracket closes nothing"],
    ["[1 2]", 'line 1, column 4, "2"', "put a comma between values"],
    ["[,]", 'line 1, column 2, ","', "a value is missing"],
    ["[*a]", 'line 1, column 2, "*"', "nothing is unpacked"],
    ["{1: 2, 3}", 'line 1, column 9, "}"', "a key without a value"],
    ["{1, 2: 3}", 'line 1, column 6, ":"', "a colon stands only between"],
    ["{[]: 1}", 'line 1, column 2, "["', "a list cannot be a key"],
    ["{(1, {}): 1}", 'line 1, column 2, "("', "a dict cannot be a key"],
    ["{{1}}", 'line 1, column 2, "{"', "a set cannot be a key"],
    ["[x for x in y]", 'line 1, column 2, "x"', "a name is not a value"],
    ["lambda: 1", 'line 1, column 1, "lambda"', "a name is not a value"],
    ["...", 'line 1, column 1, "..."', "is not taken"],
    ["1\n2", 'line 2, column 1, "2"', "the value has ended"],
    ["1;", 'line 1, column 2, ";"', "the value has ended"],
    ["\\\n1", "line 1, column 1", "a joined line before the value"],
    ["\n 1", "line 2, column 2", "the line is indented"],
    ["1\n  ", "line 2, column 3, end of text", "blanks on a last line of their own"],
    ["1 \\", 'line 1, column 3, "\\"', "a backslash outside of text may only end a line"],
    ["\ufeff1", "line 1, column 1", "no value begins so"],
    ["'\ud800'", "line 1, column 1", "it is not Unicode"],
    ["[".repeat(200), "line 1, column 200", "more than 199 brackets"],
    [" ".repeat(1_048_577), "line 1, column 1", "the limit is 1048576"],
    ["'😀', é", 'line 1, column 6, "é"', "a name is not a value"],
  ])("refuses %j", (text, where, problem) => {
    const { message } = errorOf(text);
    expect(message).toStartWith(`read Python literal, ${where}`);
    expect(message).toContain(problem);
  });
});
