/** Prints the answers to all vectors and some instants in words, for comparison under several host zones. */
import { touchedRuns, touchedText } from "../../src/cron/clock-changes.ts";
import { parseExpression } from "../../src/cron/expression.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { formatInstant } from "../../src/cron/zone-luxon.ts";
import { VECTORS, answer } from "./vectors.ts";

const zones = openZoneData({ choice: "builtin" });
const answers = VECTORS.map((vector) => ({ id: vector.id, ...answer(vector, zones) }));
const spoken = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"].flatMap((name) => {
  const zone = zones.find(name);
  const span = { afterSeconds: 1_767_225_600, uptoSeconds: 1_830_297_600 };
  const changes = touchedRuns(parseExpression("15,45 1,2 * * *"), zone, span).map(touchedText);
  return [
    formatInstant(span.afterSeconds, zone),
    formatInstant(span.uptoSeconds, zone),
    ...changes,
  ];
});
process.stdout.write(JSON.stringify({ answers, spoken }));
