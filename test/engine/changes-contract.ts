/** How a change in a site's database reaches the agenda, run against each database. */
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import type { Source } from "../../src/schedule/source.ts";
import { saved, siteNow } from "../schedule/saved.ts";
import { openTarget } from "../schedule/sql-kit.ts";
import type { SqlKit } from "../schedule/sql-kit.ts";
import { startInStep } from "../support/in-step.ts";
import type { InStep, InStepOptions } from "../support/in-step.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";

// A test strolls through up to half a minute; a busy machine may need as long for it.
setDefaultTimeout(60_000);

const SITE = "btu_fix_v16";
const TABLE = "tabBTU Task Schedule";
const MINUTE_MS = 60_000;
const EVERY_MINUTE = "* * * * *";

/** An hourly cron text whose next run is in about half an hour, or a quarter of an hour later still. */
function hourly(nowMs: number, moreMinutes = 0): string {
  return `${(new Date(nowMs).getUTCMinutes() + 30 + moreMinutes) % 60} * * * *`;
}

function inserted(kit: SqlKit, id: string, cron: string): string {
  const values = `('${id}', 'BTU-00001', 1, '${cron}', 'UTC', 'default', ${siteNow(kit)})`;
  return `INSERT INTO \`${TABLE}\` (name, task, enabled, cron_string, cron_timezone, queue_name, modified) VALUES ${values}`;
}

/** When a schedule with such an hourly cron text is due next, epoch seconds. */
function dueOf(cron: string, { engine }: InStep): number {
  const nowMs = engine.clock.nowMs();
  const due = new Date(nowMs).setUTCMinutes(Number(cron.split(" ")[0]), 0, 0);
  return due / 1000 + (due <= nowMs ? 3600 : 0);
}

/** By how many milliseconds each schedule's first occurrence was late. */
async function lateness({ engine }: InStep): Promise<Record<string, number>> {
  const ledger = await engine.ledger();
  const late = ledger.map(({ schedule, fired_ms: fired, due }) => [
    schedule,
    Number(fired) - Number(due) * 1000,
  ]);
  return Object.fromEntries(late);
}

/** The source, with every look at single rows written down. */
function watched(source: Source, looks: Array<readonly string[]>): Source {
  return {
    name: source.name,
    get generation() {
      return source.generation;
    },
    read: (signal) => source.read(signal),
    readSome: (ids, signal) => {
      looks.push([...ids]);
      return source.readSome!(ids, signal);
    },
    readChanges: source.readChanges,
    watch: (onChange, signal) => source.watch(onChange, signal),
    close: () => source.close(),
  };
}

/** Runs the contract against the servers that `start` gives. */
export function changesContract(name: string, start: () => Promise<SqlKit>): void {
  describe(`a change in ${name}`, () => {
    let kit: SqlKit;
    let server: RedisServer;
    beforeAll(async () => {
      [kit, server] = await Promise.all([start(), startRedis()]);
    });
    afterAll(async () => {
      await Promise.all([kit[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    });
    beforeEach(async () => {
      await (await server.client()).flushall();
      await kit.reload();
      await kit.sql(SITE, `DELETE FROM \`${TABLE}\``);
    });

    /** A running engine with these schedules, at so long before the next full minute. */
    async function running(
      cronById: Readonly<Record<string, string>>,
      more: Partial<InStepOptions> & { readonly toMinuteMs?: number } = {},
    ): Promise<InStep> {
      for (const [id, cron] of Object.entries(cronById)) {
        await kit.sql(SITE, inserted(kit, id, cron));
      }
      const { toMinuteMs = 40_000, ...options } = more;
      const nowMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS - toMinuteMs;
      const sources = [openTarget(kit.target(SITE))];
      const inStep = await startInStep({ server, sources, nowMs, ...options });
      return {
        ...inStep,
        [Symbol.asyncDispose]: async () => {
          await inStep[Symbol.asyncDispose]();
          await Promise.all(sources.map((source) => source.close()));
        },
      };
    }

    function edit(id: string, cron: string): string {
      return saved(kit, TABLE, `cron_string = '${cron}'`, `name = '${id}'`);
    }

    const [before, after] = [hourly(Date.now()), hourly(Date.now(), 15)];
    test.each([0.5, 4, 15])(
      "committed %p s after its command acts within 2 s of that",
      async (s) => {
        await using inStep = await running({ a: before });
        await using transaction = await kit.begin(SITE);
        await transaction.run(edit("a", after));
        await inStep.rereads.request(["a"]);
        await inStep.stroll(s * 1000);
        expect(await inStep.plannedDue("a")).toBe(dueOf(before, inStep));
        await transaction.commit();
        await inStep.stroll(2_000);
        expect(await inStep.plannedDue("a")).toBe(dueOf(after, inStep));
      },
    );

    test.each([0.5, 4])(
      "that re-reads alone can see acts within 2 s when committed after %p s",
      async (s) => {
        await using inStep = await running({ a: before, b: before }, { without: ["changes"] });
        await using transaction = await kit.begin(SITE);
        await transaction.run(`DELETE FROM \`${TABLE}\` WHERE name = 'a'`);
        await inStep.rereads.request(["a"]);
        await inStep.stroll(s * 1000);
        expect(await inStep.plannedDue("a")).toBe(dueOf(before, inStep));
        await transaction.commit();
        await inStep.stroll(2_000);
        expect(await inStep.plannedDue("a")).toBeNull();
        expect(await inStep.plannedDue("b")).toBe(dueOf(before, inStep));
      },
    );

    test("deleted long after its command is off the agenda with the window's last reads", async () => {
      await using inStep = await running({ a: before });
      await using transaction = await kit.begin(SITE);
      await transaction.run(`DELETE FROM \`${TABLE}\` WHERE name = 'a'`);
      await inStep.rereads.request(["a"]);
      await inStep.stroll(15_000);
      await transaction.commit();
      await inStep.stroll(6_000);
      expect(await inStep.plannedDue("a")).toBeNull();
    });

    test("that is rolled back changes nothing", async () => {
      await using inStep = await running({ a: before });
      const changes = await inStep.engine.client.xlen("btu_scheduler:changes");
      await using transaction = await kit.begin(SITE);
      await transaction.run(edit("a", after));
      await transaction.run(inserted(kit, "new", before));
      await inStep.rereads.request(["a", "new"]);
      await inStep.stroll(3_000);
      await transaction.rollback();
      await inStep.stroll(22_000);
      expect(await inStep.plannedDue("a")).toBe(dueOf(before, inStep));
      expect(await inStep.plannedDue("new")).toBeNull();
      expect(await inStep.engine.client.xlen("btu_scheduler:changes")).toBe(changes);
    });

    test.each([0.5, 4, 15])(
      "that brings a row acts within 2 s when committed after %p s",
      async (s) => {
        await using inStep = await running({ a: before });
        await using transaction = await kit.begin(SITE);
        await transaction.run(inserted(kit, "new", after));
        await inStep.rereads.request(["new"]);
        await inStep.stroll(s * 1000);
        expect(await inStep.plannedDue("new")).toBeNull();
        await transaction.commit();
        await inStep.stroll(2_000);
        expect(await inStep.plannedDue("new")).toBe(dueOf(after, inStep));
      },
    );

    test("of a task, of which nobody tells, acts within 2.5 s", async () => {
      await using inStep = await running({ a: before });
      await inStep.stroll(3_000);
      const plan = await inStep.engine.client.hget("btu_scheduler:planned", "a");
      const edited = saved(kit, "tabBTU Task", "max_task_duration = 77", "name = 'BTU-00001'");
      await kit.sql(SITE, edited);
      await inStep.stroll(2_500);
      expect(inStep.engine.book.get("a")?.schedule.work).toMatchObject({ timeoutSeconds: 77 });
      expect(await inStep.engine.client.hget("btu_scheduler:planned", "a")).not.toBe(plan);
      expect(await inStep.plannedDue("a")).toBe(dueOf(before, inStep));
    });

    test("whose command was lost acts within 2.5 s", async () => {
      await using inStep = await running({ a: before });
      await inStep.stroll(3_000);
      await kit.sql(SITE, edit("a", after));
      await inStep.stroll(2_500);
      expect(await inStep.plannedDue("a")).toBe(dueOf(after, inStep));
    });

    test("of the site's own zone has all schedules read", async () => {
      await using inStep = await running({ a: before });
      await kit.sql(SITE, `UPDATE \`${TABLE}\` SET cron_timezone = NULL`);
      await inStep.reconcile.request();
      expect(inStep.engine.book.get("a")?.schedule.timeZone).toBe("America/New_York");
      await inStep.stroll(3_000);
      await kit.sql(
        SITE,
        "UPDATE `tabSingles` SET value = 'Asia/Kolkata' WHERE doctype = 'System Settings' AND field = 'time_zone'",
      );
      await inStep.stroll(3_000);
      expect(inStep.engine.book.get("a")?.schedule.timeZone).toBe("Asia/Kolkata");
    });

    /** The command comes 700 ms before, is answered by a read, and the commit comes 30 ms before the due instant. */
    async function disableJustBefore(without: InStepOptions["without"]): Promise<string[]> {
      const options = { toMinuteMs: 3_000, ...(without === undefined ? {} : { without }) };
      await using inStep = await running({ a: EVERY_MINUTE, b: EVERY_MINUTE }, options);
      await inStep.stroll(2_300);
      await using transaction = await kit.begin(SITE);
      await transaction.run(saved(kit, TABLE, "enabled = 0", "name = 'a'"));
      await inStep.rereads.request(["a"]);
      const leftMs = MINUTE_MS - (inStep.engine.clock.nowMs() % MINUTE_MS);
      await inStep.engine.clock.advance(leftMs - 30);
      await transaction.commit();
      await inStep.stroll(5_000);
      const ledger = await inStep.engine.ledger();
      return ledger.map(({ schedule, outcome }) => `${schedule} ${outcome}`).toSorted();
    }

    describe("disabled just before it is due", () => {
      test("does not run, and the ledger says why", async () => {
        expect(await disableJustBefore([])).toEqual(["a dropped", "b fired"]);
      });

      test("would run if nothing were held back", async () => {
        expect(await disableJustBefore(["holding"])).toEqual(["a fired", "b fired"]);
      });
    });

    test("holds nothing up: others fire on time, and the schedule itself with a read", async () => {
      await using inStep = await running(
        { a: EVERY_MINUTE, b: EVERY_MINUTE },
        { toMinuteMs: 3_000 },
      );
      await inStep.stroll(2_300);
      await inStep.rereads.request(["a"]);
      await inStep.stroll(3_000);
      const lateMs = await lateness(inStep);
      expect(lateMs["b"]).toBeLessThanOrEqual(50);
      expect(lateMs["a"]).toBeLessThanOrEqual(500);
    });

    test("is not waited for longer than a second by what is due while the database is frozen", async () => {
      await using inStep = await running(
        { a: EVERY_MINUTE, b: EVERY_MINUTE },
        { toMinuteMs: 3_000 },
      );
      await inStep.stroll(2_300);
      await inStep.rereads.request(["a"]);
      kit.freeze();
      try {
        await inStep.stroll(3_000);
      } finally {
        kit.thaw();
      }
      const lateMs = await lateness(inStep);
      expect(lateMs["b"]).toBeLessThanOrEqual(50);
      expect(lateMs["a"]).toBeGreaterThanOrEqual(900);
      expect(lateMs["a"]).toBeLessThanOrEqual(1_100);
    });

    test("of 5,000 schedules at once is read with one look, and acts", async () => {
      const looks: Array<readonly string[]> = [];
      const source = openTarget(kit.target(SITE));
      await using inStep = await running(
        { a: before },
        { sources: [watched(source, looks)], without: ["changes"] },
      );
      const ids = Array.from({ length: 5_000 }, (_, index) => `TS-M${index}`);
      const rows = ids.map((id) => `('${id}', 'BTU-00001', 1, '${after}', 'UTC', 'default')`);
      await using transaction = await kit.begin(SITE);
      await transaction.run(
        `INSERT INTO \`${TABLE}\` (name, task, enabled, cron_string, cron_timezone, queue_name) VALUES ${rows.join(", ")}`,
      );
      await transaction.commit();
      await Promise.all(ids.map((id) => inStep.rereads.request([id])));
      expect(looks.map((look) => look.length)).toEqual([5_000]);
      expect(await inStep.engine.client.zcard("btu_scheduler:task_execution_times")).toBe(5_001);
      await inStep[Symbol.asyncDispose]();
      await source.close();
    });

    test("that waits while the database is down acts once it is back", async () => {
      await using inStep = await running({ a: before });
      await inStep.rereads.request(["a"]);
      await kit.sql(SITE, edit("a", after));
      await kit.process.stop();
      try {
        await inStep.stroll(500);
        await inStep.rereads.request(["a"]);
        expect(await inStep.plannedDue("a")).toBe(dueOf(before, inStep));
      } finally {
        await kit.process.restart();
      }
      await inStep.stroll(3_000);
      expect(await inStep.plannedDue("a")).toBe(dueOf(after, inStep));
      expect(inStep.reconcile.sources).toMatchObject([{ problem: null }]);
    });
  });
}
