/** The endpoints of the configured site, for commands that call them. */
import { ConfigurationError } from "../base/errors.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import { openEndpoints } from "../frappe/open-endpoints.ts";
import type { CliContext } from "./context.ts";

/** @throws ConfigurationError where no token is configured. */
export function siteEndpoints(context: CliContext): FrappeEndpoints {
  const { config, path } = context.config();
  const endpoints = openEndpoints({ config, clock: context.clock });
  if (endpoints !== null) return endpoints;
  throw new ConfigurationError(path ?? "the environment", [
    "webserver_token is not set: make an API key and secret for a user of the site, and set it to KEY:SECRET",
  ]);
}
