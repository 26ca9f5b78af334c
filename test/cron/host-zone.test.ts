import { expect, test } from "bun:test";
import { join } from "node:path";

import { VECTORS } from "./vectors.ts";

async function answersUnder(hostZone: string): Promise<string> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "answer-all.ts")], {
    env: { PATH: process.env["PATH"] ?? "", TZ: hostZone },
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return text;
}

test("answers and texts do not depend on the host's zone", async () => {
  const hostZones = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
  const texts = await Promise.all(hostZones.map(answersUnder));
  expect(JSON.parse(texts[0] ?? "").answers).toEqual(
    VECTORS.map((vector) => ({ id: vector.id, ...vector.answer })),
  );
  expect(new Set(texts).size).toBe(1);
});
