import { describe, expect, test } from "bun:test";

import { openZoneData } from "../../src/cron/zone-data.ts";
import { VECTORS, answer } from "./vectors.ts";

describe.each(["system", "builtin"] as const)("next instant with %s zone data", (choice) => {
  const zones = openZoneData({ choice });

  test.each(VECTORS.map((vector) => [vector.id, vector.expr, vector.tz, vector] as const))(
    "%s: %s in %s",
    (_id, _expr, _tz, vector) => {
      expect(answer(vector, zones)).toEqual(vector.answer);
    },
  );
});
