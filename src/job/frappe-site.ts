/** Who a Frappe site's native jobs run as. */
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
}

/** The site, or null where none is configured. The user is asked for once, and remembered for when nobody can be asked. */
export function frappeSite(options: FrappeSiteOptions): FrappeSite | null {
  const { site, ids, ttls } = options;
  if (site === null) return null;
  let known = options.user;
  return {
    site,
    ids,
    ttls,
    user: async (signal) => {
      known ??= await findUser(options, signal);
      return known;
    },
  };
}

async function findUser(
  { endpoints, remembered }: FrappeSiteOptions,
  signal: AbortSignal,
): Promise<string> {
  const before = await remembered.recall("frappe_user");
  try {
    if (endpoints !== null) {
      const user = await endpoints.loggedUser(signal);
      if (user !== before) await remembered.remember("frappe_user", user);
      return user;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (before === null) {
      const text = "find out whose token webserver_token is; or set frappe_user";
      throw new BuildError(text, { transient: true, cause: error });
    }
  }
  if (before !== null) return before;
  throw new BuildError('build a job: set "frappe_user" or "webserver_token"', { transient: false });
}
