import { describe, expect, test } from "bun:test";
import { confirm } from "../../src/cli/confirm.ts";
import { CliContext } from "../../src/cli/context.ts";
import { Output } from "../../src/cli/output.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { fakeScreen } from "./call.ts";

const QUESTION = "Forget 3 planned runs?";

async function* pieces(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

function makeContext(columns: number | null, typed: readonly string[] = []) {
  const { screen, written } = fakeScreen({ columns });
  const output = new Output(screen);
  const options = { env: {}, clock: new FakeClock(), output, configFile: undefined };
  return { context: new CliContext({ ...options, input: () => pieces(typed) }), written };
}

describe("confirm", () => {
  test.each([[["y\n"]], [["YES\n"]], [["y", "e", "s\n"]], [["yes\nno\n"]], [[" y \r\n"]]])(
    "lets %j pass, and asks on standard error",
    async (typed) => {
      const { context, written } = makeContext(80, typed);
      await confirm(QUESTION, false, context);
      expect(written).toEqual({ stdout: "", stderr: `${QUESTION} [y/N] ` });
    },
  );

  test.each([[["n\n"]], [["\n"]], [[]], [["yesterday\n"]], [["x".repeat(2_000)]]])(
    "stops at %j",
    async (typed) => {
      const { context } = makeContext(80, typed);
      expect(confirm(QUESTION, false, context)).rejects.toMatchObject({
        name: "NotConfirmedError",
        message: "not confirmed: nothing was done",
      });
    },
  );

  test("asks nothing after --yes", async () => {
    const { context, written } = makeContext(null);
    await confirm(QUESTION, true, context);
    expect(written.stderr).toBe("");
  });

  test("refuses where nobody can be asked, and tells the way out", async () => {
    const { context, written } = makeContext(null, ["y\n"]);
    expect(confirm(QUESTION, false, context)).rejects.toMatchObject({
      name: "UsageError",
      message: "Forget 3 planned runs? Nobody can be asked here; add --yes to do it",
    });
    expect(written.stderr).toBe("");
  });
});
