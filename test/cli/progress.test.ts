import { describe, expect, test } from "bun:test";
import { Output } from "../../src/cli/output.ts";
import { Progress } from "../../src/cli/progress.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { fakeScreen } from "./call.ts";
import type { CallWith } from "./call.ts";

const WIPE = "\r\u001b[2K";

function start(options: CallWith = { columns: 40 }, quiet = false) {
  const { screen, written } = fakeScreen(options);
  const output = new Output(screen, { quiet });
  const clock = new FakeClock();
  const told = () => Bun.stripANSI(written.stderr.replaceAll(WIPE, "|"));
  return { clock, output, progress: new Progress({ output, clock }), written, told };
}

describe("progress", () => {
  test("is told after a second, and each second from then on", async () => {
    const { clock, progress, told } = start();
    progress.step("reading");
    await clock.advance(999);
    expect(told()).toBe("");
    await clock.advance(1_001);
    expect(told()).toBe("|reading … 1 s|reading … 2 s");
  });

  test("leaves nothing on the line when the work has ended", async () => {
    const { clock, progress, told } = start();
    const work = progress.during("reading", async () => {
      await clock.advance(1_000);
      return 7;
    });
    expect(await work).toBe(7);
    expect([told(), clock.pending]).toEqual(["|reading … 1 s|", 0]);
  });

  test("is out of the way of results and messages", async () => {
    const { clock, progress, output, written, told } = start();
    progress.step("reading");
    await clock.advance(1_000);
    output.warn("careful");
    expect(told()).toBe("|reading … 1 s|warning: careful\n");
    await clock.advance(1_000);
    output.write("result\n");
    expect(told()).toEndWith("careful\n|reading … 2 s|");
    expect(written.stdout).toBe("result\n");
  });

  test("that began of itself ends with the first result", async () => {
    const { clock, progress, output, told } = start();
    progress.begin("working");
    output.write("result\n");
    await clock.advance(5_000);
    expect([told(), clock.pending]).toEqual(["", 0]);
  });

  test("is cut to the width of the terminal", async () => {
    const { clock, progress, told } = start({ columns: 20 });
    progress.step("reading the schedules of a site");
    await clock.advance(1_000);
    expect(told()).toBe("|reading the schedu…");
  });

  test.each([
    ["in a pipe", { columns: null }, false],
    ["on a dumb terminal", { columns: 80, env: { TERM: "dumb" } }, false],
    ["with --quiet", { columns: 80 }, true],
  ])("is not told %s", async (_, options, quiet) => {
    const { clock, progress, written } = start(options, quiet);
    progress.step("reading");
    await clock.advance(5_000);
    expect(written.stderr).toBe("");
  });
});
