/** What a site's web server may do in place of its duty, and the end of it. */
import type { Daemon } from "../support/daemon.ts";
import { realDelay } from "../support/eventually.ts";
import { atMessage } from "../support/fault-proxy.ts";
import type { Verdict } from "../support/fault-proxy.ts";
import { htmlReply, jsonReply } from "../support/frappe-replies.ts";
import type { StandinFault } from "../support/standin-frappe.ts";
import { IS_FULL } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { mustBeOver, mustGoOn, mustTell } from "./site-field.ts";
import type { SiteField } from "./site-field.ts";

/** Begins a trouble and gives what ends it. */
type Begin = (
  field: SiteField,
  chance: Chance,
) => Promise<() => Promise<void> | void> | (() => Promise<void> | void);

/** A trouble of the web server. */
interface ServerTrouble {
  readonly begin: Begin;
  /** The daemon must notice at once and tell. */
  readonly isTold: boolean;
}

const SERVER_AWAY = /web server .* is not available/;
const ROUNDS = IS_FULL ? 4 : 1;
/** Of the troubles that pass in silence so many have their turn in a round, and of the others. */
const SILENT_IN_TURN = IS_FULL ? Infinity : 3;
const TOLD_IN_TURN = IS_FULL ? Infinity : 1;
const LASTS_MS: readonly [number, number] = IS_FULL ? [300, 8_000] : [300, 1_500];
const DELAY_MS = [100, 4_000] as const;
const DRIP_MS = [1, 20] as const;
/** Some of the next messages from here is struck. */
const WITHIN_MESSAGES = 12;
/** So many occurrences are entered while the web server is away, before it may come back. */
const GOES_ON = IS_FULL ? 100 : 30;
/** A server that hung and was not started anew: the last request gives up after 15 s. */
const LEFT_HANGING_SHARE = IS_FULL ? 0.3 : 0;

/** The site itself answers wrongly, or not at all; what it was asked is lost with its connections, as in a restart. */
function misbehaving(choose: (chance: Chance) => StandinFault): Begin {
  return ({ site: { frappe }, http }, chance) => {
    frappe.misbehave(choose(chance));
    return () => {
      frappe.misbehave(null);
      if (!chance.isLikely(LEFT_HANGING_SHARE)) http.cutAll();
    };
  };
}

function holding(verdict: Verdict): Begin {
  return ({ http }) => {
    http.judge(() => verdict);
    return () => http.passAll();
  };
}

function striking(verdict: Verdict): Begin {
  return ({ http }, chance) => {
    http.judge(atMessage(1 + Math.floor(chance.between(0, WITHIN_MESSAGES)), verdict));
    return () => http.passAll();
  };
}

const FAILURE = { status: 500, type: "OperationalError", message: "too many connections" };
const GARBAGE = [
  htmlReply(200, "Welcome", "It works"),
  jsonReply(200, { message: { nonsense: true } }),
  jsonReply(200, { message: [1, 2, 3] }),
  { status: 200, body: "" },
];

/** All of them, by their names. */
const SERVER_TROUBLES: Readonly<Record<string, ServerTrouble>> = {
  refusing: {
    begin: async ({ http }) => {
      await http.refuse();
      return () => http.accept();
    },
    isTold: true,
  },
  "in maintenance (503)": { begin: misbehaving(() => "maintenance"), isTold: true },
  "behind a proxy alone (502)": { begin: misbehaving(() => "gateway"), isTold: true },
  "closing connections": { begin: misbehaving(() => "close"), isTold: true },
  "no web server": { begin: misbehaving(() => "garbage"), isTold: true },
  "cutting replies short": { begin: misbehaving(() => "truncate"), isTold: true },
  ...(IS_FULL && {
    "hanging for long": { begin: misbehaving(() => "hang"), isTold: true },
  }),
  hanging: { begin: misbehaving(() => "hang"), isTold: false },
  "failing (500)": { begin: misbehaving(() => FAILURE), isTold: false },
  "answering with garbage": { begin: misbehaving((chance) => chance.pick(GARBAGE)), isTold: false },
  "taking no more (429)": { begin: misbehaving(() => "rate-limited"), isTold: true },
  slow: {
    begin: misbehaving((chance) => ({ delayMs: chance.between(...DELAY_MS) })),
    isTold: false,
  },
  dripping: {
    begin: misbehaving((chance) => ({ dripMs: chance.between(...DRIP_MS) })),
    isTold: false,
  },
  "behind a lame network": { begin: holding("hold"), isTold: false },
  "behind a network without a way back": { begin: holding("hold-reply"), isTold: false },
  "rid of a connection before a request": { begin: striking("cut-before"), isTold: false },
  "rid of a connection in the midst of one": { begin: striking("cut-half"), isTold: false },
  "rid of a connection before a reply": { begin: striking("cut-after"), isTold: false },
};

function turn(chance: Chance): Array<[name: string, trouble: ServerTrouble]> {
  const all = chance.shuffled(Object.entries(SERVER_TROUBLES));
  const told = all.filter(([, { isTold }]) => isTold).slice(0, TOLD_IN_TURN);
  const silent = all.filter(([, { isTold }]) => !isTold).slice(0, SILENT_IN_TURN);
  return chance.shuffled([...told, ...silent]);
}

/** What else happens between two troubles; gives the daemon that works from then on. */
type Between = (daemon: Daemon) => Promise<Daemon>;

/** Lets the server have its troubles, one after the other; gives how often each was. */
export async function endureTroubles(
  field: SiteField,
  first: Daemon,
  { chance, between = (daemon) => Promise.resolve(daemon) }: { chance: Chance; between?: Between },
): Promise<{ readonly daemon: Daemon; readonly told: string }> {
  const done = new Map<string, number>();
  let daemon = first;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, { begin, isTold }] of turn(chance)) {
      await realDelay(chance.between(0, 1_000));
      const from = daemon.log().length;
      const end = await begin(field, chance);
      if (isTold) {
        await mustTell(daemon, SERVER_AWAY, from);
        await mustGoOn(field, GOES_ON);
      } else {
        await realDelay(chance.between(...LASTS_MS));
        daemon = await between(daemon);
      }
      await end();
      await mustBeOver(daemon, SERVER_AWAY);
      done.set(name, (done.get(name) ?? 0) + 1);
    }
  }
  return { daemon, told: JSON.stringify(Object.fromEntries(done)) };
}
