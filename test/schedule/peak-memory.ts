/** Reads a site whole, as a process of its own, and prints what that took: `bun peak-memory.ts '{"type": "mariadb", …}'`. */
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { NEVER, ZONES } from "./read-source.ts";
import { openTarget } from "./sql-kit.ts";

const KIB_PER_MIB = 1024;

const source = openTarget(JSON.parse(process.argv[2] ?? ""));
const schedules = new Map<string, Schedule>();
const tools = { expressions: new ExpressionCache(), zones: ZONES };
// The second read meets the first one's schedules, as every refresh does.
for (let round = 0; round < 2; round += 1) {
  for await (const input of source.read(NEVER)) {
    const found = defineSchedule(input, tools, schedules.get(input.id));
    schedules.set(found.id, found);
  }
}
await source.close();
Bun.gc(true);
const peakMib = Math.round(process.resourceUsage().maxRSS / KIB_PER_MIB);
process.stdout.write(JSON.stringify({ schedules: schedules.size, peakMib }));
