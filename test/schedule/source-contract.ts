/** What every source must do, wherever its schedules come from. */
import { describe, expect, test } from "bun:test";
import type { Source } from "../../src/schedule/source.ts";
import { NEVER, policyFor, readAll, readDefined, rejection } from "./read-source.ts";

/** A schedule that a test puts somewhere. */
export interface PutSchedule {
  readonly id: string;
  readonly cron: string;
}

/** A place that holds schedules, and a source that reads it. */
export interface ContractPlace extends AsyncDisposable {
  readonly source: Source;
  /** Texts that no output may hold. */
  readonly secrets: readonly string[];
  /** Adds a schedule, enabled and in UTC, or puts it in the place of the one with its id. */
  put(schedule: PutSchedule): Promise<void>;
  remove(id: string): Promise<void>;
  /** The place cannot be read from now on. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

const DAILY = { id: "daily", cron: "0 5 * * *" };
const HOURLY = { id: "hourly", cron: "7 * * * *" };

async function cronsOf(source: Source): Promise<Record<string, string | null>> {
  return Object.fromEntries((await readAll(source)).map(({ id, cron }) => [id, cron]));
}

/** Runs the contract against an empty place that `start` gives. */
export function sourceContract(name: string, start: () => Promise<ContractPlace>): void {
  describe(`${name}, as any source,`, () => {
    test("reads what is there", async () => {
      await using place = await start();
      await place.put(DAILY);
      await place.put(HOURLY);
      const found = await readDefined(place.source);
      expect([...found.keys()].toSorted()).toEqual(["daily", "hourly"]);
      expect(found.get("daily")).toMatchObject({
        cron: "0 5 * * *",
        timeZone: "UTC",
        enabled: true,
        queue: "default",
        problem: null,
      });
    });

    test("reads nothing where nothing is", async () => {
      await using place = await start();
      expect(await readAll(place.source)).toEqual([]);
    });

    test("gives schedules without policies of their own one and the same", async () => {
      await using place = await start();
      await place.put(DAILY);
      await place.put(HOURLY);
      const [first, second] = await readAll(place.source);
      expect(first!.policy).toBe(second!.policy);
      expect(first!.policy).toBe(policyFor("any"));
    });

    test("reads an edit, an addition and a removal the next time", async () => {
      await using place = await start();
      await place.put(DAILY);
      expect(await cronsOf(place.source)).toEqual({ daily: "0 5 * * *" });
      await place.put({ id: "daily", cron: "1 5 * * *" });
      await place.put(HOURLY);
      expect(await cronsOf(place.source)).toEqual({ daily: "1 5 * * *", hourly: "7 * * * *" });
      await place.remove("daily");
      expect(await cronsOf(place.source)).toEqual({ hourly: "7 * * * *" });
    });

    test("lets a bad row disable only itself", async () => {
      await using place = await start();
      await place.put({ id: "bad", cron: "61 * * * *" });
      await place.put(DAILY);
      const found = await readDefined(place.source);
      expect(found.get("bad")!.problem).toContain("minute '61' is outside 0-59");
      expect(found.get("daily")!.problem).toBeNull();
    });

    test("can be left in the midst of a read", async () => {
      await using place = await start();
      await place.put(DAILY);
      await place.put(HOURLY);
      for await (const _ of place.source.read(NEVER)) break;
      expect(Object.keys(await cronsOf(place.source))).toHaveLength(2);
    });

    test("can be read twice at once", async () => {
      await using place = await start();
      await place.put(DAILY);
      const [first, second] = await Promise.all([readAll(place.source), readAll(place.source)]);
      expect(first).toEqual(second);
      expect(first).toHaveLength(1);
    });

    test("gives up with the reason of the signal", async () => {
      await using place = await start();
      await place.put(DAILY);
      const reason = new Error("enough");
      expect(await rejection(readAll(place.source, AbortSignal.abort(reason)))).toBe(reason);
      expect(await cronsOf(place.source)).toEqual({ daily: "0 5 * * *" });
    });

    test("says that the place cannot be read, and reads it when it can", async () => {
      await using place = await start();
      await place.put(DAILY);
      await place.goAway();
      const error = await rejection(readAll(place.source));
      expect(error.message).not.toBe("");
      for (const secret of place.secrets) {
        expect(Bun.inspect(error) + place.source.name).not.toContain(secret);
      }
      await place.comeBack();
      expect(await cronsOf(place.source)).toEqual({ daily: "0 5 * * *" });
    });

    test("can be closed twice, and before it was ever read", async () => {
      await using place = await start();
      await place.source.close();
      await place.source.close();
      expect(place.source.name).not.toBe("");
    });
  });
}

/** What sources that can look at single schedules must do besides. */
export function readSomeContract(name: string, start: () => Promise<ContractPlace>): void {
  describe(`${name}, as a source of single schedules,`, () => {
    test("gives those that are there, as a whole read does, and names the others", async () => {
      await using place = await start();
      await place.put(DAILY);
      await place.put(HOURLY);
      const all = await readAll(place.source);
      const { found, absent } = await place.source.readSome!(["hourly", "none", "hourly"], NEVER);
      expect(found).toEqual(all.filter(({ id }) => id === "hourly"));
      expect(absent).toEqual(["none"]);
    });

    test("gives up with the reason of the signal", async () => {
      await using place = await start();
      await place.put(DAILY);
      const reason = new Error("enough");
      const look = place.source.readSome!(["daily"], AbortSignal.abort(reason));
      expect(await rejection(look)).toBe(reason);
    });
  });
}
