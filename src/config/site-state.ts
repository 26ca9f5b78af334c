/** Whether a site is in maintenance, or its scheduler paused: asked of its files again and again. */
import { statSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { readTextFile } from "./files.ts";
import type { Config } from "./schema.ts";
import { readSiteFile, sitePaths } from "./site-files.ts";

/** What a site says of itself. */
export interface SiteState {
  /** `maintenance_mode`, as `bench migrate` and `bench update` set it. */
  readonly maintenance: boolean;
  /** `pause_scheduler`, as `bench disable-scheduler` and its like set it. */
  readonly schedulerPaused: boolean;
  /** Why a file could not be read lately; what it said before still counts. */
  readonly problem: string | null;
}

/** Looking at two files costs microseconds; more often than this serves nobody. */
const LOOK_EVERY_MS = 1_000;
const NAMES = { maintenance: "maintenance_mode", schedulerPaused: "pause_scheduler" } as const;
const OFF: ReadonlySet<unknown> = new Set(["", "0", "false"]);

type Settings = Readonly<Record<string, unknown>>;

/** Python's truth, but for texts that mean "no". */
function isOn(value: unknown): boolean {
  return Boolean(value) && !(typeof value === "string" && OFF.has(value.trim().toLowerCase()));
}

/** Inode, size and times; equal as long as the file stays as it is. */
function stampOf(path: string): string {
  const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** One file, read again only when it changed. */
class WatchedFile {
  readonly #path: string;
  #stamp = "";
  settings: Settings = {};
  problem: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  look(): void {
    try {
      const stamp = stampOf(this.#path);
      if (stamp === this.#stamp) return;
      this.settings = readSiteFile(this.#path, readTextFile);
      this.#stamp = stamp;
      this.problem = null;
    } catch (error) {
      // In the midst of being written it is no JSON; the next look finds it whole.
      this.#stamp = "";
      this.problem = describeError(error);
    }
  }
}

/** The state of one site, looked up at most once a second. */
export class SiteStateWatch {
  readonly #clock: Clock;
  /** What the site says counts before what the bench says. */
  readonly #files: readonly WatchedFile[];
  #lookAtMs = -Infinity;

  constructor({ benchPath, site, clock }: SiteStateOptions) {
    const { common, own } = sitePaths(benchPath, site);
    this.#clock = clock;
    this.#files = [new WatchedFile(common), new WatchedFile(own)];
  }

  /** The state as of a second ago at most; never throws. */
  current(): SiteState {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#lookAtMs) {
      this.#lookAtMs = nowMs + LOOK_EVERY_MS;
      for (const file of this.#files) file.look();
    }
    const settings: Settings = Object.assign({}, ...this.#files.map((file) => file.settings));
    return {
      maintenance: isOn(settings[NAMES.maintenance]),
      schedulerPaused: isOn(settings[NAMES.schedulerPaused]),
      problem: this.#files.find(({ problem }) => problem !== null)?.problem ?? null,
    };
  }
}

/** What the watch needs. */
export interface SiteStateOptions {
  readonly benchPath: string;
  readonly site: string;
  readonly clock: Clock;
}

/** The watch over the configured site; null where its files are not at hand. */
export function openSiteState(config: Config, clock: Clock): SiteStateWatch | null {
  const { bench_path: benchPath, site } = config;
  return benchPath === null || site === null
    ? null
    : new SiteStateWatch({ benchPath, site, clock });
}
