/** From the configuration to the endpoints of its site. */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import { webserverTarget } from "../config/targets.ts";
import { FrappeClient } from "./client.ts";
import { FrappeEndpoints } from "./endpoints.ts";
import type { ServerWatch } from "./server-watch.ts";

/** A site that takes longer for one call is not there. */
const TIMEOUT_MS = 15_000;

/** What opening needs. */
export interface OpenEndpointsOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Told of what answers and what does not. */
  readonly watch?: ServerWatch | null;
}

/** The endpoints of the configured site; null when no token lets us in. Nothing is connected. */
export function openEndpoints(options: OpenEndpointsOptions): FrappeEndpoints | null {
  const { config, clock, watch = null } = options;
  const target = webserverTarget(config);
  if (target === null) return null;
  const client = new FrappeClient({
    baseUrl: target.url,
    token: target.token,
    ...(target.hostHeader === null ? {} : { hostHeader: target.hostHeader }),
    ...(config.site === null ? {} : { siteName: config.site }),
    clock,
    timeoutMs: TIMEOUT_MS,
    ...(watch === null ? {} : { watch }),
  });
  return new FrappeEndpoints(client);
}
