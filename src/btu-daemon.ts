/** The entry of `btu-daemon`. */
import { versionText } from "./base/version.ts";
import { writeAll } from "./base/write-all.ts";

const STDOUT = 1;
const STDERR = 2;
const EXIT_USAGE = 2;

function run(args: readonly string[]): number {
  if (args.includes("--version")) {
    writeAll(STDOUT, `btu-daemon ${versionText}\n`);
    return 0;
  }
  if (args.includes("--help")) {
    writeAll(STDOUT, "Usage: btu-daemon [--version] [--help]\n");
    return 0;
  }
  writeAll(STDERR, "Usage: btu-daemon [--version] [--help]\n");
  return EXIT_USAGE;
}

process.exit(run(process.argv.slice(2)));
