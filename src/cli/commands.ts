/** All commands, in the groups that help shows. */
import { defineGroup } from "./command.ts";
import type { CliCommand, CommandTable } from "./command.ts";
import { EXIT_MEANINGS } from "./exit.ts";

/** Commands that help shows together. */
interface CommandGroup {
  readonly title: string;
  readonly commands: CommandTable;
}

/** The groups in their order. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: "See",
    commands: {
      status: async () => (await import("./status.ts")).statusCommand,
      list: async () => (await import("./list.ts")).listCommand,
      next: async () => (await import("./next.ts")).nextCommand,
      show: async () => (await import("./show.ts")).showCommand,
      history: async () => (await import("./history.ts")).historyCommand,
      why: async () => (await import("./why.ts")).whyCommand,
      audit: async () => (await import("./audit.ts")).auditCommand,
    },
  },
  {
    title: "Change",
    commands: {
      run: async () => (await import("./run-job.ts")).runCommand,
      pause: async () => (await import("./pause.ts")).pauseCommand,
      resume: async () => (await import("./pause.ts")).resumeCommand,
      reload: async () => (await import("./reload.ts")).reloadCommand,
      cancel: async () => (await import("./reload.ts")).cancelCommand,
      reconcile: async () => (await import("./reconcile.ts")).reconcileCommand,
    },
  },
  {
    title: "RQ",
    commands: {
      queues: async () => (await import("./queues.ts")).queuesCommand,
      workers: async () => (await import("./workers.ts")).workersCommand,
      jobs: async () => (await import("./jobs.ts")).jobsCommand,
      job: async () => (await import("./job.ts")).jobCommand,
      requeue: async () => (await import("./requeue.ts")).requeueCommand,
      tasks: async () => (await import("./tasks.ts")).tasksCommand,
    },
  },
  {
    title: "Check",
    commands: {
      doctor: async () => (await import("./doctor.ts")).doctorCommand,
      lint: async () => (await import("./lint.ts")).lintCommand,
      cron: async () => (await import("./cron.ts")).cronCommand,
      config: async () => (await import("./config.ts")).configCommand,
      ping: async () => (await import("./ping.ts")).pingCommand,
      "test-ping": async () => (await import("./test-ping.ts")).testPingCommand,
      "test-pickler": async () => (await import("./test-pickler.ts")).testPicklerCommand,
    },
  },
  {
    title: "Set up",
    commands: {
      completion: async () => (await import("./completion.ts")).completionCommand,
      version: async () => (await import("./version.ts")).versionCommand,
    },
  },
];

/** `btu` itself. */
export const rootCommand: CliCommand = defineGroup(
  {
    name: "",
    about: "See, check and steer a BTU scheduler",
    details: [
      "BTU Scheduler puts Python RQ jobs on their queues at the second they are due. btu shows what its daemon does, " +
        "checks what it is told to do, and tells it what to do.",
    ],
    examples: [
      ["btu status", "Is all well? What runs next, what ran lately?"],
      ["btu list", "All schedules with their next run"],
      ["btu cron '0 2 * * *' --tz Europe/Berlin", "What does this mean, and when does it run?"],
    ],
    exitCodes: EXIT_MEANINGS,
  },
  Object.fromEntries(COMMAND_GROUPS.flatMap(({ commands }) => Object.entries(commands))),
);
