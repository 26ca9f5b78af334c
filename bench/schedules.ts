/** Schedules to measure with. */

/** So many tables of a schedules file, due once a year at 1,440 different times. */
export function scheduleTables(count: number): string {
  const tables = Array.from(
    { length: count },
    (_, index) => `[[schedule]]
id = "idle-${index}"
cron = "${index % 60} ${Math.floor(index / 60) % 24} 1 1 *"
function = "reports.run"
args = [${index}, "two"]
`,
  );
  return tables.join("\n");
}
