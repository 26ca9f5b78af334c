/** A stand-in site and a client that speaks to it. */
import { systemClock } from "../../src/base/clock.ts";
import { FrappeClient } from "../../src/frappe/client.ts";
import type { FrappeClientOptions } from "../../src/frappe/client.ts";
import { FrappeEndpoints } from "../../src/frappe/endpoints.ts";
import { FrappeError } from "../../src/frappe/errors.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import type { StandinFrappe, StandinOptions } from "../support/standin-frappe.ts";

/** Ends with the site. */
interface Setup extends AsyncDisposable {
  readonly site: StandinFrappe;
  readonly client: FrappeClient;
  readonly frappe: FrappeEndpoints;
}

const PICKLE = Uint8Array.from([0x80, 4, 0x43, 2, 255, 0, 0x2e]);

/** Default: a site of BTU 16 whose pickled task is seven bytes. */
export async function setup(
  site: Partial<StandinOptions> = {},
  client: Partial<FrappeClientOptions> = {},
): Promise<Setup> {
  const running = await startStandinFrappe({
    generation: "v16",
    pickledTask: () => PICKLE,
    ...site,
  });
  const { baseUrl, token } = running;
  const options = { baseUrl, token, clock: systemClock, timeoutMs: 2_000, ...client };
  const speaker = new FrappeClient(options);
  return {
    site: running,
    client: speaker,
    frappe: new FrappeEndpoints(speaker),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** The fault that a call must end with. */
export async function faultOf(call: Promise<unknown>): Promise<FrappeError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  if (outcome instanceof FrappeError) return outcome;
  throw new Error(`no FrappeError, but ${JSON.stringify(outcome)}`, { cause: outcome });
}
