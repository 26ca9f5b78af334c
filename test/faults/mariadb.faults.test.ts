/** MariaDB killed, frozen, locked, slow, cut off and back, under rows that are due: what is known fires on time, edits act. */
import { createConnection } from "mysql2/promise";
import { expect } from "bun:test";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { atMessage } from "../support/fault-proxy.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { EditedRows } from "./edited-rows.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";
import {
  latenessOf,
  mustBeOver,
  mustCatchUp,
  mustGoOn,
  mustTell,
  openSiteField,
  TABLE,
} from "./site-field.ts";
import type { SiteField } from "./site-field.ts";

/** The site is known to the daemon, so that its jobs are native: no web server has a part in them. */
const MORE = 'site = "erp.example.com"';
const ROUNDS = IS_FULL ? 6 : 1;
/** Of the troubles that nobody need notice so many have their turn in a round. */
const SILENT_IN_TURN = IS_FULL ? Infinity : 3;
const ROWS = 300;
const PERIODS = [2, 3, 4, 5];
const LASTS_MS = [300, 3_000] as const;
const DELAY_MS = [50, 2_500] as const;
/** Some of the next messages from here is struck. */
const WITHIN_MESSAGES = 8;
/** So many occurrences are entered while the database is away, before it may come back. */
const GOES_ON = IS_FULL ? 150 : 60;
/** Nothing that is known waits longer for a database that is in trouble. */
const LATE_MAX_MS = 5_000;
const EDIT_ACTS_WITHIN_MS = 20_000;
const RESTARTS = 10;

const AWAY = /MariaDB .* is not available/;

interface Place {
  readonly field: SiteField;
  readonly chance: Chance;
  /** Changes a row as its user would, past the proxy. */
  readonly edit: () => Promise<unknown>;
}

/** A trouble: begins, and gives what ends it. */
interface Trouble {
  readonly begin: (place: Place) => Promise<() => unknown> | (() => unknown);
  /** The daemon must notice and tell. */
  readonly isTold: boolean;
  /** Rows are changed while it lasts; else right after. */
  readonly mayEdit?: boolean;
}

/** Another client's lock; whoever holds it may edit. */
function locked(statement: (chance: Chance) => string): Trouble["begin"] {
  return async ({ field, chance }) => {
    const { port, user, password } = field.site.mariadb;
    const { database } = field.site;
    const address = { host: "127.0.0.1", port, user, password, database };
    const other = await createConnection(address);
    await other.query(statement(chance));
    return async () => {
      await other.query("UNLOCK TABLES");
      await other.end();
    };
  };
}

/** Statements wait for it until the daemon gives them up. */
const lockTables = locked((chance) => {
  const log = chance.isLikely(0.5) ? ", `tabBTU Task Log` WRITE" : "";
  return `LOCK TABLES ${TABLE} WRITE, \`tabBTU Task\` WRITE${log}`;
});

function strike(verdict: "cut-before" | "cut-half" | "cut-after"): Trouble {
  const begin: Trouble["begin"] = ({ field: { sql }, chance }) => {
    sql.judge(atMessage(1 + Math.floor(chance.between(0, WITHIN_MESSAGES)), verdict));
    return () => sql.passAll();
  };
  return { begin, isTold: false, mayEdit: true };
}

function freeze({ field: { site } }: Place): () => void {
  site.mariadb.process.pause();
  return () => site.mariadb.process.resume();
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  "killed and restarted": {
    begin: async ({ field: { site } }) => {
      await site.mariadb.process.kill();
      return () => site.mariadb.process.restart();
    },
    isTold: true,
  },
  "out of reach, and edited": {
    begin: async ({ field: { sql } }) => {
      await sql.refuse();
      return () => sql.accept();
    },
    isTold: true,
    mayEdit: true,
  },
  ...(IS_FULL && {
    "frozen for long": { begin: freeze, isTold: true },
    "locked for long": { begin: lockTables, isTold: true },
  }),
  frozen: { begin: freeze, isTold: false },
  "with locked tables": { begin: lockTables, isTold: false },
  "with a global read lock": {
    begin: locked(() => "FLUSH TABLES WITH READ LOCK"),
    isTold: false,
  },
  slow: {
    begin: ({ field: { sql }, chance }) => {
      const delayReplyMs = chance.between(...DELAY_MS);
      sql.judge(() => ({ delayReplyMs }));
      return () => sql.passAll();
    },
    isTold: false,
    mayEdit: true,
  },
  silent: {
    begin: ({ field: { sql } }) => {
      sql.judge(() => "hold-reply");
      return () => sql.passAll();
    },
    isTold: false,
    mayEdit: true,
  },
  "rid of all connections": {
    begin: ({ field: { sql } }) => {
      sql.cutAll();
      return () => undefined;
    },
    isTold: false,
    mayEdit: true,
  },
  "cut before a statement": strike("cut-before"),
  "cut half-way": strike("cut-half"),
  "cut after a statement": strike("cut-after"),
};

async function definitionsOf({ client }: SiteField): Promise<string> {
  const definitions = await client.hgetall("btu_scheduler:definitions");
  const found = Object.entries(definitions).map(([id, text]) => {
    return `${id} ${(JSON.parse(text) as { cron: string }).cron}`;
  });
  return found.toSorted().join("\n");
}

/** The agenda follows the rows. */
async function mustFollow(field: SiteField, rows: EditedRows, daemon: Daemon): Promise<void> {
  const follows = async (): Promise<boolean> => (await definitionsOf(field)) === rows.wanted;
  const what = "the edit acts";
  await eventually(follows, { what, timeoutMs: EDIT_ACTS_WITHIN_MS }).catch((cause: unknown) => {
    throw new Error(`${what}:\n${daemon.log()}`, { cause });
  });
}

async function endure(trouble: Trouble, place: Place, daemon: Daemon): Promise<void> {
  const { field, chance, edit } = place;
  const from = daemon.log().length;
  const end = await trouble.begin(place);
  if (trouble.mayEdit === true) await edit();
  if (trouble.isTold) {
    await mustTell(daemon, AWAY, from);
    await mustGoOn(field, GOES_ON);
  } else {
    await realDelay(chance.between(...LASTS_MS));
  }
  await end();
  if (trouble.mayEdit !== true) await edit();
}

/** The troubles of a round, in an order that differs from round to round. */
function turn(chance: Chance): Array<[name: string, trouble: Trouble]> {
  const all = chance.shuffled(Object.entries(TROUBLES));
  const silent = all.filter(([, { isTold }]) => !isTold).slice(0, SILENT_IN_TURN);
  return all.filter(([name, { isTold }]) => isTold || silent.some(([other]) => other === name));
}

faultTest(`MariaDB in trouble under ${ROWS} rows`, async (chance) => {
  const rows = new EditedRows(ROWS, PERIODS);
  await using field = await openSiteField({
    name: "v16",
    rows: [...rows.fixed, ...rows.changing],
    more: MORE,
  });
  await using daemon = await field.start();
  await mustFollow(field, rows, daemon);
  const edit = (): Promise<unknown> => field.site.sql(rows.edit(chance));
  const done = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, trouble] of turn(chance)) {
      await realDelay(chance.between(0, 1_000));
      await endure(trouble, { field, chance, edit }, daemon);
      await mustFollow(field, rows, daemon);
      await mustBeOver(daemon, AWAY);
      done.set(name, (done.get(name) ?? 0) + 1);
    }
  }
  await mustCatchUp(field, daemon, [...done.keys()].join(", "));
  await daemon.stop();
  const sum = await mustBeWhole(field.client, {
    schedules: rows.fixed,
    isChanging: (id) => rows.isChanging(id),
  });
  const { p99Ms, maxMs } = latenessOf(sum.ledger);
  expect(maxMs).toBeLessThan(LATE_MAX_MS);
  const { missing, doubled } = sum.audit;
  return `${sum.placed} jobs placed, ${missing} missing, ${doubled} doubled; 99 % within ${p99Ms} ms, the last ${maxMs} ms late; ${JSON.stringify(Object.fromEntries(done))}`;
});

async function startAnew(chance: Chance): Promise<string> {
  await using field = await openSiteField({
    name: "v16",
    rows: makePeriodic(ROWS, PERIODS),
    more: MORE,
  });
  for (let count = 0; count < RESTARTS; count += 1) {
    await using before = await field.start();
    await mustCatchUp(field, before, "the start");
    await mustGoOn(field, GOES_ON);
    await field.sql.refuse();
    await before.kill();
    await using daemon = await field.start();
    await mustTell(daemon, AWAY, 0);
    await realDelay(chance.between(...LASTS_MS));
    await field.sql.accept();
    await mustBeOver(daemon, AWAY);
    await mustCatchUp(field, daemon, "the database's return");
    await daemon.stop();
  }
  const { placed, late, audit } = await mustBeWhole(field.client, {
    schedules: makePeriodic(ROWS, PERIODS),
  });
  return `${placed} jobs placed (${late} late), ${audit.missing} missing, ${audit.doubled} doubled`;
}

// The short form is among the end-to-end tests.
if (IS_FULL) faultTest(`a daemon started anew ${RESTARTS} times without MariaDB`, startAnew);
