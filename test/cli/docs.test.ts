import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { CLI_PAGE, renderCliPage } from "../../scripts/make-cli-docs.ts";

test("docs/cli.md tells what the commands tell: run `bun scripts/make-cli-docs.ts`", async () => {
  const page = readFileSync(CLI_PAGE, "utf8");
  expect(await renderCliPage(page)).toBe(page);
});
