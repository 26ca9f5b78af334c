/** Who a Frappe site's native jobs run as. */
import { withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import type { Remembered } from "../redis/remembered.ts";
import type { FrappeSite } from "./build-native.ts";
import { BuildError } from "./builder.ts";
import type { JobTtls } from "./builder.ts";
import type { JobIds } from "./job-ids.ts";

/** What finding it out needs. */
export interface FrappeSiteOptions {
  readonly site: string | null;
  /** From the configuration; null asks the web server whose token we have. */
  readonly user: string | null;
  readonly endpoints: FrappeEndpoints | null;
  readonly remembered: Remembered;
  readonly ids: JobIds;
  readonly ttls: JobTtls;
  readonly clock: Clock;
}

/** Native jobs need no web server: where the user is known from before, it may take no longer to confirm it. */
const PATIENCE_MS = 1_000;
/** A user that nobody confirmed is asked for again after this. */
const ASK_EVERY_MS = 60_000;

/** The site, or null where none is configured. */
export function frappeSite(options: FrappeSiteOptions): FrappeSite | null {
  const { site, ids, ttls } = options;
  if (site === null) return null;
  const whose = new TokenUser(options);
  return { site, ids, ttls, user: (signal) => whose.find(signal) };
}

/** The user of the token: asked for once, and remembered for when nobody can be asked. */
class TokenUser {
  readonly #options: FrappeSiteOptions;
  #user: string | null;
  #askAtMs: number;

  constructor(options: FrappeSiteOptions) {
    this.#options = options;
    this.#user = options.user;
    this.#askAtMs = options.user === null ? -Infinity : Infinity;
  }

  async find(signal: AbortSignal): Promise<string> {
    const { clock, remembered, endpoints } = this.#options;
    if (this.#user !== null && clock.monotonicMs() < this.#askAtMs) return this.#user;
    const before = this.#user ?? (await remembered.recall("frappe_user"));
    if (endpoints !== null) return this.#ask(endpoints, before, signal);
    if (before !== null) return before;
    const text = 'build a job: set "frappe_user" or "webserver_token"';
    throw new BuildError(text, { transient: false });
  }

  async #ask(
    endpoints: FrappeEndpoints,
    before: string | null,
    signal: AbortSignal,
  ): Promise<string> {
    const { clock, remembered } = this.#options;
    const deadline = { clock, timeoutMs: PATIENCE_MS, action: "ask whose token it is", signal };
    try {
      const user =
        before === null
          ? await endpoints.loggedUser(signal)
          : await withDeadline(deadline, (both) => endpoints.loggedUser(both));
      this.#user = user;
      this.#askAtMs = Infinity;
      if (user !== before) await remembered.remember("frappe_user", user);
      return user;
    } catch (error) {
      if (signal.aborted) throw error;
      if (before === null) {
        const text = "find out whose token webserver_token is; or set frappe_user";
        throw new BuildError(text, { transient: true, cause: error });
      }
      this.#user = before;
      this.#askAtMs = clock.monotonicMs() + ASK_EVERY_MS;
      return before;
    }
  }
}
