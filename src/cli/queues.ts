/** `btu queues`. */
import type { QueueRow } from "../observe/rq-queues.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import { queueLines } from "./queues-screen.ts";
import { benchOf, chosenQueue } from "./rq-queue-name.ts";

/** A queue with its bench told apart, for programs. */
function forPrograms(row: QueueRow): QueueRow & { readonly bench: string | null } {
  const bench = benchOf(row.name);
  return { ...row, bench: bench === "" ? null : bench };
}

/** The command. */
export const queuesCommand = defineLeaf(
  {
    name: "queues",
    about: "RQ's queues: jobs by state, workers that listen",
    needs: "the configuration, Redis",
    details: [
      "Reads Redis and changes nothing there: what `rq info` would move or forget while it counts is left as it is. No daemon is needed.",
    ],
    examples: [
      ["btu queues", "All queues that RQ or a worker knows"],
      ["btu queues default", "One queue, without the name of its bench"],
      ["btu queues --json | jq '[.queues[].failed] | add'", "How many jobs failed"],
    ],
    exitCodes: [
      [EXIT.ok, "the queues were read"],
      [EXIT.problem, "Redis could not be read"],
      [EXIT.notFound, "there is no such queue"],
    ],
  },
  {
    queue: {
      type: "positional",
      required: false,
      valueHint: "QUEUE",
      description: "Only this queue; its name without the bench's will do",
    },
    ...JSON_ARG,
  },
  async (flags, context) => {
    const { output } = context;
    const { style, width, isTerminal } = output;
    // Brings the client of Redis with it, which help does not need.
    const { readOwnRq } = await import("./rq-reading.ts");
    const { queues, workers, isSuspended } = await readOwnRq(context);
    const name = chosenQueue(flags.text("queue"), queues);
    const rows = queues.filter((row) => name === null || row.name === name);
    if (flags.on("json")) {
      const all = rows.map(forPrograms);
      output.json({ queues: all, workers: workers.length, suspended: isSuspended });
    } else output.lines(queueLines(rows, { style, width, isTerminal }));
    return EXIT.ok;
  },
);
