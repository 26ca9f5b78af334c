/** What becomes of a request whose answer does not come as it should. */
import { describe, expect, test } from "bun:test";
import { DeadlineError } from "../../src/base/abort.ts";
import { systemClock } from "../../src/base/clock.ts";
import { askDaemon, LostAnswerError, NoDaemonError } from "../../src/control/client.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A daemon that gives this answer and closes; null never answers. */
function startAnswering(answer: string | null) {
  const dir = tempDir();
  const socketPath = dir.file("d.sock");
  const server = Bun.listen({
    unix: socketPath,
    socket: {
      data: (socket) => {
        if (answer !== null) socket.end(answer);
      },
    },
  });
  return {
    socketPath,
    [Symbol.dispose]: () => {
      server.stop(true);
      dir[Symbol.dispose]();
    },
  };
}

function ask(socketPath: string, timeoutMs = 60_000): Promise<unknown> {
  const question = { type: "run", content: { schedule: "a" } };
  return askDaemon(question, { socketPath, clock: systemClock, timeoutMs });
}

describe("a request that was sent", () => {
  test.each([
    ["nothing", "", /without an answer/],
    ["the half of it", '{"ok":tr', /cut off or no JSON/],
    ["no JSON", "pong", /cut off or no JSON/],
    ["another form", '{"done":true}\n', /of another version/],
  ])("may have been carried out when %s comes back", async (_, answer, text) => {
    using daemon = startAnswering(answer);
    const error = await ask(daemon.socketPath).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LostAnswerError);
    expect(String(error)).toMatch(text);
  });

  test("may have been carried out when nothing comes back in time", async () => {
    using daemon = startAnswering(null);
    const error = await ask(daemon.socketPath, 200).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LostAnswerError);
    expect(String(error)).toMatch(/no answer within 200 ms/);
  });
});

describe("a request that was not sent", () => {
  test("was not carried out", async () => {
    using dir = tempDir();
    const error = await ask(dir.file("none.sock")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoDaemonError);
    expect(error).not.toBeInstanceOf(DeadlineError);
  });
});
