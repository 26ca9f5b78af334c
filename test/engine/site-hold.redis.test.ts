/** Nothing is fired while the site is in maintenance or its scheduler is paused; afterwards the misfire policy decides. */
import { beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SiteStateWatch } from "../../src/config/site-state.ts";
import type { FakeClock } from "../support/fake-clock.ts";
import { startEngine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import { tempDir } from "../support/temp-dir.ts";

const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

/** A bench with one site, whose files can be rewritten. */
function bench() {
  const dir = tempDir();
  const common = dir.file("sites/common_site_config.json");
  const own = dir.file("sites/erp/site_config.json");
  mkdirSync(dirname(own), { recursive: true });
  const write = (settings: object): void => writeFileSync(own, JSON.stringify(settings));
  const writeCommon = (settings: object): void => {
    writeFileSync(common, JSON.stringify(settings));
  };
  write({});
  writeCommon({});
  const benchPath = dirname(dirname(common));
  return {
    write,
    writeCommon,
    writeHalf: () => writeFileSync(own, '{"maintenance_mode": '),
    watch: (clock: FakeClock) => new SiteStateWatch({ benchPath, site: "erp", clock }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

/** An engine that looks at the bench's files. */
async function startHeld(site: ReturnType<typeof bench>) {
  let watch: SiteStateWatch | null = null;
  const engine = await startEngine({
    server,
    nowSeconds: NOW,
    site: {
      current: () =>
        watch?.current() ?? { maintenance: false, schedulerPaused: false, problem: null },
    },
  });
  watch = site.watch(engine.clock);
  return engine;
}

describe("a site that is in maintenance", () => {
  test.each([
    ["maintenance_mode", "the site is in maintenance"],
    ["pause_scheduler", "the site's scheduler is paused"],
  ])("by %s fires nothing, and says why", async (setting, text) => {
    using site = bench();
    await using engine = await startHeld(site);
    await engine.plan(makeSchedule());
    site.write({ [setting]: 1 });
    await engine.advance(45);
    expect(await engine.ledger()).toEqual([]);
    expect(engine.loop.problem).toContain(`${text} (${setting} is set`);
    site.write({ [setting]: 0 });
    await engine.advance(2);
    await engine.done(1);
    expect(engine.loop.problem).toBeNull();
    const [entry] = await engine.ledger();
    expect(entry).toMatchObject({ outcome: "late", due: String(at("2026-03-02T10:01:00Z")) });
    expect(entry?.["reason"]).toStartWith(`held back: ${text}`);
  });

  test("for longer than a minute catches up by the misfire policy", async () => {
    using site = bench();
    await using engine = await startHeld(site);
    await engine.plan(
      makeSchedule({ id: "once", cron: "*/5 * * * *" }),
      makeSchedule({ id: "never", cron: "*/5 * * * *", policy: { misfire: "skip" } }),
    );
    site.writeCommon({ maintenance_mode: 1 });
    await engine.advance(13 * 60);
    site.writeCommon({});
    await engine.advance(2);
    await engine.done(2);
    const entries = (await engine.ledger()).map(({ schedule, outcome, reason }) => [
      schedule,
      outcome,
      reason?.replace(/ \(.*\)/, ""),
    ]);
    const why = "missed, since the site is in maintenance";
    expect(new Set(entries.map((entry) => entry.join(": ")))).toEqual(
      new Set([
        `never: skipped_misfire: ${why}, and the misfire policy is skip`,
        `once: late: ${why}, runs now by the policy run_once`,
        "once: skipped_misfire: missed, and the misfire policy does not run it",
      ]),
    );
  });

  test("stays held while its file is half written", async () => {
    using site = bench();
    await using engine = await startHeld(site);
    await engine.plan(makeSchedule());
    site.write({ maintenance_mode: 1 });
    await engine.advance(10);
    site.writeHalf();
    await engine.advance(30);
    expect(await engine.ledger()).toEqual([]);
  });
});
