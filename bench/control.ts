/** How fast the daemon answers, and how fast a change is on the agenda after the command that tells of it. */
import { connect } from "node:net";
import { startBtuSite } from "../test/support/btu-site.ts";
import type { BtuSite } from "../test/support/btu-site.ts";
import { startDaemon } from "../test/support/daemon.ts";
import type { Daemon } from "../test/support/daemon.ts";
import { agendaOf } from "../test/support/rq-keys.ts";
import { quantile } from "./measure.ts";
import type { Measure } from "./measure.ts";

const PINGS = 2_000;
const PING_GOAL_MS = 2;
const CHANGES = 200;
const CHANGE_GOAL_MS = 30;
const RELOADS = 5_000;
const RELOADS_GOAL_MS = 1_000;
const LOOK_EVERY_MS = 1;
const GIVE_UP_MS = 30_000;
const ID = "TS-1";
/** Of the day, far from now whenever the benchmark runs. */
const NEVER_SOON = "0 0 1 1 *";

/** Connects, asks and reads as the app does; milliseconds until the answer is there. */
function pingMs(socketPath: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const begun = performance.now();
  const socket = connect(socketPath, () => {
    socket.write('{"request_type": "ping", "request_content": null}');
  });
  socket.on("error", reject);
  socket.once("data", () => {
    resolve(performance.now() - begun);
    socket.destroy();
  });
  return promise;
}

async function pings({ socketPath }: Daemon): Promise<Measure[]> {
  const times: number[] = [];
  for (let round = 0; round < PINGS; round += 1) times.push(await pingMs(socketPath));
  return [
    { name: "ping with its connection, median", value: quantile(times, 0.5), unit: "ms" },
    {
      name: "ping with its connection, p99",
      value: quantile(times, 0.99),
      unit: "ms",
      goal: PING_GOAL_MS,
    },
  ];
}

async function until(look: () => Promise<boolean>, what: string): Promise<void> {
  const begun = performance.now();
  while (!(await look())) {
    if (performance.now() - begun > GIVE_UP_MS) throw new Error(`${what}: not in time`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

function command(id: string): string {
  return JSON.stringify({
    request_type: "create_task_schedule",
    request_content: id,
    response_key: null,
  });
}

async function memberOf({ client }: BtuSite, id: string): Promise<string | null> {
  return (await agendaOf(client)).find((member) => member.startsWith(`${id}|`)) ?? null;
}

/** From the command, sent over one way, until the changed row is on the agenda. */
async function changes(site: BtuSite, tell: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < CHANGES; round += 1) {
    const before = await memberOf(site, ID);
    const cron = `${round % 60} ${round % 24} 2 ${1 + (round % 12)} *`;
    await site.sql(
      `UPDATE \`tabBTU Task Schedule\` SET cron_string = '${cron}' WHERE name = '${ID}'`,
    );
    const begun = performance.now();
    await tell();
    await until(async () => (await memberOf(site, ID)) !== before, "a change on the agenda");
    times.push(performance.now() - begun);
  }
  return times;
}

async function changeMeasures(site: BtuSite, daemon: Daemon): Promise<Measure[]> {
  const { client } = site;
  const push = (): Promise<unknown> => client.lpush("btu:scheduler:commands", command(ID));
  const ways = [
    ["the socket", () => daemon.request("create_task_schedule", ID)],
    ["Redis", push],
  ] as const;
  const measures: Measure[] = [];
  for (const [way, tell] of ways) {
    const times = await changes(site, tell);
    const name = `command to agenda, over ${way}`;
    measures.push({ name: `${name}, median`, value: quantile(times, 0.5), unit: "ms" });
    const goal = CHANGE_GOAL_MS;
    measures.push({ name: `${name}, p99`, value: quantile(times, 0.99), unit: "ms", goal });
  }
  return measures;
}

async function addMany(site: BtuSite): Promise<void> {
  const columns = "creation, modified, task, queue_name, enabled, run_frequency";
  await site.sql(
    `INSERT INTO \`tabBTU Task Schedule\` (name, cron_string, ${columns})
     SELECT CONCAT('M-', seq), '${NEVER_SOON}', ${columns} FROM \`tabBTU Task Schedule\`, seq_1_to_${RELOADS} WHERE name = '${ID}'`,
  );
}

/** Until every schedule that was edited and told of is on the agenda with its new time. */
async function reloadsMs(
  site: BtuSite,
  cron: string,
  tellAll: (ids: readonly string[]) => Promise<unknown>,
): Promise<number> {
  const ids = Array.from({ length: RELOADS }, (_, index) => `M-${index + 1}`);
  const before = await memberOf(site, "M-1");
  const old = before?.slice("M-1|".length) ?? "";
  await site.sql(
    `UPDATE \`tabBTU Task Schedule\` SET cron_string = '${cron}' WHERE name LIKE 'M-%'`,
  );
  const begun = performance.now();
  await tellAll(ids);
  const isDone = async (): Promise<boolean> =>
    (await site.client.zcount("btu_scheduler:task_execution_times", old, old)) === 0;
  await until(isDone, `${RELOADS} reloads`);
  return performance.now() - begun;
}

async function reloads(site: BtuSite, { socketPath }: Daemon): Promise<Measure[]> {
  const overRedis = await reloadsMs(site, "7 7 7 7 *", async (ids) => {
    const pipeline = site.client.pipeline();
    for (const id of ids) pipeline.lpush("btu:scheduler:commands", command(id));
    await pipeline.exec();
  });
  const overSocket = await reloadsMs(site, "8 8 8 8 *", (ids) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(socketPath, () => socket.end(ids.map(command).join("\n")));
    socket.on("error", reject);
    socket.on("end", resolve);
    socket.resume();
    return promise;
  });
  const shared = { unit: "ms", goal: RELOADS_GOAL_MS };
  return [
    { name: `${RELOADS} reloads at once over Redis, applied`, value: overRedis, ...shared },
    { name: `${RELOADS} reloads at once over the socket, applied`, value: overSocket, ...shared },
  ];
}

/** Measures everything, beside a MariaDB of its own; takes about a minute. */
export async function benchControl(): Promise<Measure[]> {
  await using site = await startBtuSite("v14");
  await site.sql("UPDATE `tabBTU Task Schedule` SET run_frequency = 'Cron Style'");
  await site.enableOnly({ [ID]: NEVER_SOON });
  const measures: Measure[] = [];
  {
    await using daemon = await startDaemon({ config: site.config('log_level = "warn"') });
    await until(async () => (await memberOf(site, ID)) !== null, "the first plan");
    measures.push(...(await pings(daemon)), ...(await changeMeasures(site, daemon)));
    await daemon.stop();
  }
  await addMany(site);
  await using daemon = await startDaemon({ config: site.config('log_level = "warn"') });
  await until(async () => (await memberOf(site, `M-${RELOADS}`)) !== null, "the plans of all");
  measures.push(...(await reloads(site, daemon)));
  await daemon.stop();
  return measures;
}
