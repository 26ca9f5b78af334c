/** Runs benchmarks: `npm run bench`, or `npm run bench -- cron lateness` for some of them. */
import { cpus } from "node:os";
import { writeAll } from "../src/base/write-all.ts";
import { benchCli } from "./cli.ts";
import { benchControl } from "./control.ts";
import { benchCron } from "./cron.ts";
import { benchLateness } from "./lateness.ts";
import { measureText } from "./measure.ts";
import type { Measure } from "./measure.ts";
import { benchMemory } from "./memory.ts";
import { benchPickle } from "./pickle.ts";
import { findPython } from "./python.ts";
import { benchReconcile } from "./reconcile.ts";
import { benchStart } from "./start.ts";
import { benchThroughput } from "./throughput.ts";

const STDOUT = 1;
const STDERR = 2;
const EXIT_USAGE = 2;

const BENCHMARKS: Readonly<Record<string, () => Measure[] | Promise<Measure[]>>> = {
  start: benchStart,
  cli: benchCli,
  lateness: benchLateness,
  throughput: benchThroughput,
  reconcile: benchReconcile,
  memory: benchMemory,
  control: benchControl,
  cron: benchCron,
  pickle: benchPickle,
};

function tell(text: string): void {
  writeAll(STDOUT, `${text}\n`);
}

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown !== undefined) {
    const names = Object.keys(BENCHMARKS).join(", ");
    writeAll(STDERR, `no benchmark is called "${unknown}"; there are: ${names}\n`);
    return EXIT_USAGE;
  }
  const [cpu] = cpus();
  tell(`${cpus().length} x ${cpu?.model.trim() ?? "?"}, Bun ${Bun.version}`);
  if (findPython() === null) tell("no Python beside it: npm test makes the one that is used here");
  for (const name of wanted.length === 0 ? Object.keys(BENCHMARKS) : wanted) {
    tell(`\n${name}`);
    for (const measure of (await BENCHMARKS[name]?.()) ?? []) tell(`  ${measureText(measure)}`);
  }
  return 0;
}

process.exit(await main(process.argv.slice(2)));
