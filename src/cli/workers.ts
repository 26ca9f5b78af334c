/** `btu workers`. */
import { nowSeconds } from "../base/clock.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import { chosenQueue, QUEUE_ARG } from "./rq-queue-name.ts";
import { workerRow } from "./worker-row.ts";
import { workerLines } from "./workers-screen.ts";

/** The command. */
export const workersCommand = defineLeaf(
  {
    name: "workers",
    about: "RQ's workers: what they listen on, do and did",
    needs: "the configuration, Redis",
    details: [
      "A worker that was killed is listed until its time in Redis is over, a few minutes as a rule: SEEN tells when it last gave a " +
        "sign of life. Reads Redis and changes nothing there; no daemon is needed.",
    ],
    examples: [
      ["btu workers", "All workers"],
      ["btu workers --queue long", "Who listens on a queue"],
    ],
    exitCodes: [
      [EXIT.ok, "the workers were read"],
      [EXIT.problem, "Redis could not be read"],
      [EXIT.notFound, "there is no such queue"],
    ],
  },
  { ...QUEUE_ARG, ...JSON_ARG },
  async (flags, context) => {
    const { output, clock } = context;
    const { style, width } = output;
    // Brings the client of Redis with it, which help does not need.
    const { readOwnRq } = await import("./rq-reading.ts");
    const { queues, workers, isSuspended } = await readOwnRq(context);
    const name = chosenQueue(flags.text("queue"), queues);
    const rows = workers
      .map(workerRow)
      .filter((row) => name === null || row.queues.includes(name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (flags.on("json")) output.json({ workers: rows, suspended: isSuspended });
    else output.lines(workerLines(rows, { style, width, nowSeconds: nowSeconds(clock) }));
    return EXIT.ok;
  },
);
