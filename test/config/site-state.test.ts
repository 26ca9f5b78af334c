import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { openSiteState, SiteStateWatch } from "../../src/config/site-state.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { loadText, SOURCE } from "./load-text.ts";

const COMMON = "sites/common_site_config.json";
const OWN = "sites/a.b/site_config.json";

function bench(dir: TempDir, { common = {}, own = {} }: { common?: object; own?: object } = {}) {
  mkdirSync(dir.file("sites/a.b"), { recursive: true });
  writeFileSync(dir.file(COMMON), JSON.stringify(common));
  writeFileSync(dir.file(OWN), JSON.stringify(own));
  const clock = new FakeClock();
  return { clock, watch: new SiteStateWatch({ benchPath: dir.path, site: "a.b", clock }) };
}

/** As Frappe writes it: a new file takes the place of the old one. */
function rewrite(dir: TempDir, name: string, text: string): void {
  writeFileSync(dir.file("new"), text);
  renameSync(dir.file("new"), dir.file(name));
}

describe("SiteStateWatch", () => {
  test.each<[object, object, { maintenance: boolean; schedulerPaused: boolean }]>([
    [{}, {}, { maintenance: false, schedulerPaused: false }],
    [{}, { maintenance_mode: 1 }, { maintenance: true, schedulerPaused: false }],
    [{ pause_scheduler: 1 }, {}, { maintenance: false, schedulerPaused: true }],
    [
      { pause_scheduler: 1 },
      { pause_scheduler: 0 },
      { maintenance: false, schedulerPaused: false },
    ],
    [{}, { pause_scheduler: true }, { maintenance: false, schedulerPaused: true }],
    [{}, { pause_scheduler: "1" }, { maintenance: false, schedulerPaused: true }],
    [{}, { pause_scheduler: "0" }, { maintenance: false, schedulerPaused: false }],
    [{}, { pause_scheduler: null }, { maintenance: false, schedulerPaused: false }],
  ])("reads %p and %p as %p", (common, own, state) => {
    using dir = tempDir();
    expect(bench(dir, { common, own }).watch.current()).toEqual({ ...state, problem: null });
  });

  test("follows the files, a second later at most", async () => {
    using dir = tempDir();
    const { clock, watch } = bench(dir);
    expect(watch.current().maintenance).toBe(false);
    rewrite(dir, OWN, '{"maintenance_mode": 1}');
    await clock.advance(999);
    expect(watch.current().maintenance).toBe(false);
    await clock.advance(1);
    expect(watch.current().maintenance).toBe(true);
    rewrite(dir, OWN, "{}");
    await clock.advance(1_000);
    expect(watch.current().maintenance).toBe(false);
  });

  test("keeps what it knows while a file is half written or gone, and says so", async () => {
    using dir = tempDir();
    const { clock, watch } = bench(dir, { own: { maintenance_mode: 1 } });
    expect(watch.current()).toMatchObject({ maintenance: true, problem: null });
    rewrite(dir, OWN, '{"maintenance_mode"');
    await clock.advance(1_000);
    expect(watch.current()).toMatchObject({
      maintenance: true,
      problem: expect.stringContaining("it is no valid JSON"),
    });
    rmSync(dir.file(OWN));
    await clock.advance(1_000);
    expect(watch.current()).toMatchObject({
      maintenance: true,
      problem: expect.stringContaining("ENOENT"),
    });
    rewrite(dir, OWN, "{}");
    await clock.advance(1_000);
    expect(watch.current()).toMatchObject({ maintenance: false, problem: null });
  });
});

test("there is nothing to watch without a bench", () => {
  expect(openSiteState(loadText(`${SOURCE}\nsite = "a.b"`).config, new FakeClock())).toBeNull();
});
