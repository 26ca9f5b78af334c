import { describe, expect, test } from "bun:test";
import type { Log } from "../../src/base/log.ts";
import { LifeSigns } from "../../src/control/life-signs.ts";
import { FakeClock } from "../support/fake-clock.ts";

const WATCHDOG_MS = 30_000;

function setup(watchdogMs: number | null = WATCHDOG_MS) {
  const told: string[] = [];
  const errors: string[] = [];
  const clock = new FakeClock();
  const stop = new AbortController();
  let rounds = 0;
  let summary = "3\nschedules";
  const log: Log = {
    trace: () => undefined,
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (message) => errors.push(message),
    for: () => log,
  };
  const signs = new LifeSigns({
    manager: { watchdogMs, tell: (...lines) => (told.push(lines.join(" ")), true) },
    rounds: () => rounds,
    socketPath: null,
    summary: () => summary,
    clock,
    log,
  });
  const running = signs.run(stop.signal);
  return {
    told,
    errors,
    clock,
    goRound: () => (rounds += 1),
    change: (text: string) => (summary = text),
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

describe("life signs", () => {
  test("say READY once the fire loop went round for the first time, and not before", async () => {
    const { told, clock, goRound, end } = setup();
    await clock.advance(1_000);
    expect(told).toEqual([]);
    goRound();
    await clock.advance(20);
    expect(told).toEqual(["READY=1 STATUS=3 schedules"]);
    await end();
  });

  test("feed the watchdog three times within its span, once for each round or more", async () => {
    const { told, clock, goRound, end } = setup();
    goRound();
    await clock.advance(20);
    for (let look = 0; look < 3; look += 1) {
      goRound();
      await clock.advance(WATCHDOG_MS / 3);
    }
    expect(told.slice(1)).toEqual(Array(3).fill("WATCHDOG=1 STATUS=3 schedules"));
    await end();
  });

  test("keep silent while the fire loop stands still, and say why", async () => {
    const { told, errors, clock, goRound, end } = setup();
    goRound();
    await clock.advance(20);
    await clock.advance(WATCHDOG_MS);
    expect(told).toEqual(["READY=1 STATUS=3 schedules"]);
    expect(errors).toEqual(
      Array(3).fill("no sign of life for the service manager: the fire loop stands still"),
    );
    await end();
  });

  test("say STOPPING when the daemon ends", async () => {
    const { told, end } = setup();
    await end();
    expect(told).toEqual(["STOPPING=1"]);
  });

  test("tell a changed status within a second, once, also where nobody watches", async () => {
    const { told, clock, goRound, change, end } = setup(null);
    goRound();
    await clock.advance(20);
    change("4 schedules");
    await clock.advance(3_000);
    expect(told).toEqual(["READY=1 STATUS=3 schedules", "STATUS=4 schedules"]);
    await end();
  });
});
