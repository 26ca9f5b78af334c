/** What the pages show of the program's output is what it prints. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { call } from "../cli/call.ts";

const ROOT = resolve(import.meta.dir, "../..");
const PAGES = ["", "docs/"].flatMap((folder) =>
  readdirSync(resolve(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}${name}`),
);

/** A command in a page, and what stands below it. */
interface Shown {
  readonly page: string;
  readonly line: string;
  readonly output: string;
}

/** Examples begin with `$ btu cron `: they need no daemon, and give the same at any time. */
function shownIn(page: string): Shown[] {
  const blocks = readFileSync(resolve(ROOT, page), "utf8").matchAll(/^```\w*\n(.*?)^```$/gms);
  return Array.from(blocks, ([, block = ""]) => block)
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((text) => {
      const end = text.indexOf("\n");
      return { page, line: text.slice(0, end), output: text.slice(end + 1).trimEnd() };
    })
    .filter(({ line }) => line.startsWith("btu cron "));
}

const SHOWN = PAGES.flatMap(shownIn);

/** The words of a line; quotes are taken off. */
function wordsOf(line: string): string[] {
  const words = line.matchAll(/'([^']*)'|(\S+)/g);
  return Array.from(words, ([, quoted, bare]) => quoted ?? bare ?? "");
}

/** Distances from now change, and with them the width of nothing: they stand at the end. */
function timeless(text: string): string {
  return text.replaceAll(/ {2}(?:in .*|.* ago|now)$/gm, "  WHEN").trimEnd();
}

test("there are such examples", () => {
  expect(SHOWN.length).toBeGreaterThan(0);
});

test.each(SHOWN)("$page: $line", async ({ line, output }) => {
  const { code, stdout } = await call(wordsOf(line).slice(1));
  expect([code, timeless(stdout)]).toEqual([0, timeless(output)]);
});
