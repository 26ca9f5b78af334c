/** The pages hold together: links lead somewhere. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** As GitHub makes the anchors of headings. */
function anchorsOf(page: string): string[] {
  const headings = textOf(page).matchAll(/^#+ +(.*)$/gm);
  return [...headings].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Links of a page to others of ours, code left out. */
function linksOf(page: string): string[] {
  const prose = textOf(page)
    .replaceAll(/```.*?```/gs, "")
    .replaceAll(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => to);
  return links.filter((to) => !/^[a-z]+:/.test(to));
}

describe("the documentation", () => {
  test.each(PAGES)("%s links to what is there", (page) => {
    const broken = linksOf(page).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("is reached from README.md, every page of it", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached) {
      for (const link of linksOf(page)) {
        const to = join(dirname(page), link.split("#")[0] ?? "");
        if (PAGES.includes(to)) reached.add(to);
      }
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });

  test("names files of the sources that are there", () => {
    const named = textOf("docs/architecture.md").matchAll(/`?\*?\*?`([a-z]+\/[a-z-]+)`/g);
    const files = [...named].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((path) => !existsSync(join(ROOT, "src", `${path}.ts`)))).toEqual([]);
  });
});
