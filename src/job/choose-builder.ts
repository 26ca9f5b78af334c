/** Which builder makes the jobs of a site's tasks, and why that one. */
import { unreachable } from "../base/errors.ts";
import { webserverTarget } from "../config/targets.ts";
import type { Config } from "../config/schema.ts";
import type { BtuTaskWork } from "../schedule/schedule.ts";
import type { BuilderKind } from "./builder.ts";

/** A builder, as people are told of it. */
export interface BuilderChoice {
  readonly kind: BuilderKind;
  readonly why: string;
  /** Why it cannot make a job with this configuration, and the way out; null when it can. */
  readonly problem: string | null;
  /** What would serve better, or null. */
  readonly advice: string | null;
}

/** What the choice depends on, beside the task. */
export interface ChoiceOptions {
  readonly choice: "auto" | BuilderKind;
  readonly hasSite: boolean;
  readonly hasServer: boolean;
}

/** Gives the choice for a task; the same object each time, so that tasks can be counted by it. */
export type ChooseBuilder = (work: BtuTaskWork) => BuilderChoice;

const NATIVE_FITS = "this BTU app runs a task by its id, so no web server is needed";
const TOO_OLD =
  "this BTU app is older than 15.1.1 and cannot run a native job; set job_builder to auto or pickled";

const SERVER_WORK: Readonly<Record<Exclude<BuilderKind, "native">, string>> = {
  pickled: "the web server must pickle it",
  delegated: "the site must enqueue it",
};

/** Opens the choice that a configuration makes. */
export function openChoice({ choice, hasSite, hasServer }: ChoiceOptions): ChooseBuilder {
  const native = (why: string, problem: string | null): BuilderChoice => ({
    kind: "native",
    why,
    problem: problem ?? (hasSite ? null : '"site" is not configured'),
    advice: null,
  });
  const served = (
    kind: keyof typeof SERVER_WORK,
    why: string,
    advice: string | null = null,
  ): BuilderChoice => {
    const problem = hasServer
      ? null
      : `${SERVER_WORK[kind]}, and webserver_token is not configured`;
    return { kind, why, problem, advice };
  };
  const byHand = `job_builder is "${choice}"`;
  const remote = served("delegated", "only the site itself reaches its Redis");
  const pickled = served("pickled", byHand);
  const delegated = served("delegated", byHand);
  const nativeByHand = native(byHand, null);
  const nativeTooOld = native(byHand, TOO_OLD);
  const autoOld = served("pickled", "this BTU app is older than 15.1.1: it runs no task by its id");
  const autoNew = hasSite
    ? native(NATIVE_FITS, null)
    : served(
        "pickled",
        '"site" is not configured',
        "set site to the name of the site: then jobs are made here, and are on time while the web server is down",
      );
  return ({ isRemote, runsById }) => {
    // There is no other way.
    if (isRemote === true) return remote;
    switch (choice) {
      case "native":
        return runsById ? nativeByHand : nativeTooOld;
      case "pickled":
        return pickled;
      case "delegated":
        return delegated;
      case "auto":
        return runsById ? autoNew : autoOld;
      default:
        return unreachable(choice);
    }
  };
}

/** The choice that the whole configuration makes. */
export function configuredChoice(config: Config): ChooseBuilder {
  return openChoice({
    choice: config.job_builder,
    hasSite: config.site !== null,
    hasServer: webserverTarget(config) !== null,
  });
}
