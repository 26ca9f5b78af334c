/** `btu test-pickler`. */
import { readCall } from "../observe/rq-call.ts";
import { returnText } from "../observe/rq-results.ts";
import type { RqCall } from "../observe/rq-call.ts";
import { callLines } from "./call-lines.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { siteEndpoints } from "./site-endpoints.ts";

/** What came back. */
interface Pickled {
  readonly url: string;
  readonly task: string | null;
  readonly bytes: number;
  /** What it holds, as Python's `repr` shows it. */
  readonly value: string;
  /** Null of the test pickle, which is no job. */
  readonly call: RqCall | null;
}

const CALL_LIMITS = { maxBytes: 64 * 1024 * 1024, valueLength: 10_000 };

/** @throws FrappeError when the site does not give the pickle; Error when a task's is no call. */
async function fetchPickle(task: string | null, context: CliContext): Promise<Pickled> {
  const endpoints = siteEndpoints(context);
  const url = endpoints.baseUrl;
  const pickle = await context.progress.during(`asking ${url}`, () =>
    task === null ? endpoints.pingPickle() : endpoints.getPickledTask(task, null),
  );
  const shared = { url, task, bytes: pickle.length, value: returnText(pickle) };
  if (task === null) return { ...shared, call: null };
  const { call, problem } = readCall(pickle, CALL_LIMITS);
  if (problem !== null) throw new Error(`read the pickle of task "${task}": ${problem}`);
  return { ...shared, call };
}

/** The command. */
export const testPicklerCommand = defineLeaf(
  {
    name: "test-pickler",
    about: "Let the site's BTU app pickle something, and read it",
    needs: "the configuration, the web server",
    details: [
      "Without TASK the app's test pickle comes; with one the job that a worker would run, which is shown and not queued. The pickle is " +
        "read without running anything. No daemon is needed.",
    ],
    examples: [
      ["btu test-pickler", "Does a pickle come through whole?"],
      ["btu test-pickler BT-000001", "Can this task be pickled, and what would run?"],
    ],
    exitCodes: [
      [EXIT.ok, "it came, and can be read"],
      [EXIT.problem, "it did not, and the message says why"],
      [EXIT.usage, "no token is configured"],
    ],
  },
  {
    task: {
      type: "positional",
      required: false,
      valueHint: "TASK",
      description: "The id of a BTU Task to pickle",
    },
    ...JSON_ARG,
  },
  async (flags, context) => {
    const { output } = context;
    const { style, width } = output;
    const pickled = await fetchPickle(flags.text("task"), context);
    if (flags.on("json")) output.json(pickled);
    else if (!output.isQuiet) {
      const { bytes, url, call, value } = pickled;
      output.lines([
        `${style.mark("ok")} ${bytes} bytes of pickle from ${url}, read without a fault`,
        ...(call === null ? [`  ${value}`] : callLines(call, width)),
      ]);
    }
    return EXIT.ok;
  },
);
