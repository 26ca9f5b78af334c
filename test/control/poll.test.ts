import { describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { CommandPoll } from "../../src/control/poll.ts";
import type { Request } from "../../src/control/wire.ts";
import { FrappeClient } from "../../src/frappe/client.ts";
import { FrappeEndpoints } from "../../src/frappe/endpoints.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import type { StandinFrappe } from "../support/standin-frappe.ts";

const POLL = "get_pending_scheduler_commands";

/** A poll of a site, with what it brought. */
interface Kit extends AsyncDisposable {
  readonly site: StandinFrappe;
  readonly rereads: Array<readonly string[]>;
  readonly handled: Request[];
  wholeReads: number;
  isLeader: boolean;
  /** Lets the time between two polls pass, and waits for the answer of the site. */
  poll(): Promise<void>;
}

async function start(): Promise<Kit> {
  const site = await startStandinFrappe({ generation: "v16" });
  const clock = new FakeClock();
  const { baseUrl, token } = site;
  const client = new FrappeClient({ baseUrl, token, clock, timeoutMs: 3_000 });
  const stop = new AbortController();
  const kit: Kit = {
    site,
    rereads: [],
    handled: [],
    wholeReads: 0,
    isLeader: true,
    poll: async () => {
      // Between two polls its sleep is the only timer; during one there is the deadline, too.
      await clock.advance(5_000);
      await eventually(() => clock.nextTimerMs === 5_000, { what: "the next sleep" });
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await site[Symbol.asyncDispose]();
    },
  };
  const poll = new CommandPoll({
    endpoints: new FrappeEndpoints(client),
    handle: (request) => {
      kit.handled.push(request);
      return Promise.resolve({ ok: true, result: null });
    },
    reread: (ids) => Promise.resolve(void kit.rereads.push(ids)),
    readAll: () => Promise.resolve(void (kit.wholeReads += 1)),
    mayAsk: () => kit.isLeader,
    everyMs: 5_000,
    clock,
    log: silentLog,
  });
  const running = poll.run(stop.signal);
  await eventually(() => site.requests.length > 0 && clock.nextTimerMs === 5_000, {
    what: "the first poll",
  });
  return kit;
}

describe("the poll for commands", () => {
  test("asks by POST, at once and then at its intervals", async () => {
    await using kit = await start();
    await kit.poll();
    expect(kit.site.requests).toHaveLength(2);
    const asked = kit.site.requests.map(({ endpoint, verb }) => `${verb} ${endpoint}`);
    expect(new Set(asked)).toEqual(new Set([`POST ${POLL}`]));
  });

  test("folds what is said of one schedule to one re-read, in the order of the oldest", async () => {
    await using kit = await start();
    kit.site.pushCommand("cancel_task_schedule", "TS-1");
    kit.site.pushCommand("create_task_schedule", "TS-1");
    kit.site.pushCommand("create_task_schedule", "TS-2");
    kit.site.pushCommand("create_task_schedule", "TS-1");
    await kit.poll();
    expect(kit.rereads).toEqual([["TS-1", "TS-2"]]);
    await kit.poll();
    expect(kit.rereads).toHaveLength(1);
  });

  test("hands everything else to the handler, the oldest first", async () => {
    await using kit = await start();
    kit.site.pushCommand("ping", null);
    kit.site.pushCommand("create_task_schedule", null);
    kit.site.pushCommand("dance", null);
    await kit.poll();
    expect(kit.handled.map(({ type }) => type)).toEqual(["ping", "create_task_schedule", "dance"]);
    expect(kit.handled[1]?.fault).toContain("create_task_schedule");
    expect(kit.handled[2]?.command).toBeNull();
    expect(kit.rereads).toEqual([]);
  });

  test("leaves the commands to the daemon that leads", async () => {
    await using kit = await start();
    kit.isLeader = false;
    kit.site.pushCommand("create_task_schedule", "TS-1");
    await kit.poll();
    expect(kit.rereads).toEqual([]);
    kit.isLeader = true;
    await kit.poll();
    expect(kit.rereads).toEqual([["TS-1"]]);
  });

  test.each(["close", "gateway", "rq.compat"] as const)(
    "has everything read after a poll that ended with %p: its commands may be lost",
    async (fault) => {
      await using kit = await start();
      kit.site.misbehave(fault);
      await kit.poll();
      await kit.poll();
      expect(kit.wholeReads).toBe(0);
      kit.site.misbehave(null);
      await kit.poll();
      await kit.poll();
      expect(kit.wholeReads).toBe(1);
    },
  );
});
