/** Refuses a version that is not ready to be released: `npm run release:check [-- --tag vX.Y.Z] [-- --notes]`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import packageLock from "../package-lock.json" with { type: "json" };
import { notesOf, releaseFaults } from "./lib/changelog.ts";
import { ROOT, VERSION } from "./lib/compile.ts";

const { values } = parseArgs({
  options: { tag: { type: "string" }, notes: { type: "boolean" } },
});
const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
const faults = releaseFaults({
  version: VERSION,
  lockVersion: packageLock.version,
  changelog,
  tag: values.tag ?? null,
});
for (const fault of faults) process.stderr.write(`release: ${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else
  process.stdout.write(
    values.notes === true ? `${notesOf(changelog, VERSION)}\n` : `${VERSION} may be released\n`,
  );
