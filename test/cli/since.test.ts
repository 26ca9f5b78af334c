import { describe, expect, test } from "bun:test";
import { CliContext } from "../../src/cli/context.ts";
import { Output } from "../../src/cli/output.ts";
import { parseSince } from "../../src/cli/since.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { fakeScreen } from "./call.ts";

const NOW = Date.parse("2026-03-07T12:00:00Z");

function context(): CliContext {
  const { screen } = fakeScreen();
  return new CliContext({
    env: {},
    clock: new FakeClock(NOW),
    output: new Output(screen),
    configFile: undefined,
    input: async function* () {},
  });
}

describe("how far back to look", () => {
  test.each([
    ["90s", "2026-03-07T11:58:30Z"],
    ["5m", "2026-03-07T11:55:00Z"],
    ["90 min", "2026-03-07T10:30:00Z"],
    ["24h", "2026-03-06T12:00:00Z"],
    ["7d", "2026-02-28T12:00:00Z"],
    ["2w", "2026-02-21T12:00:00Z"],
    ["2026-03-01T02:00Z", "2026-03-01T02:00:00Z"],
    ["2026-03-01T02:00+05:30", "2026-02-28T20:30:00Z"],
  ])("%p is %p", (text, iso) => {
    expect(parseSince("--since", text, context())).toBe(Date.parse(iso) / 1000);
  });

  test.each([["yesterday"], ["7"], ["-7d"], ["7y"], ["constructor"], ["1constructor"]])(
    "%p is refused",
    (text) => {
      expect(() => parseSince("--since", text, context())).toThrow(`--since "${text}": expected`);
    },
  );
});
