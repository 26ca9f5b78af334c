/** Schedules of a Frappe site, read from its database; a fixed number of queries whatever their number. */
import type { Clock } from "../base/clock.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { BTU_TABLES, detectGeneration } from "./btu-generation.ts";
import type { BtuGeneration, ColumnsByTable } from "./btu-generation.ts";
import { BtuRowReader } from "./btu-row.ts";
import type { BtuRowOptions } from "./btu-row.ts";
import { btuStatements, RECENT_ROWS_MAX } from "./btu-sql.ts";
import type { BtuStatements } from "./btu-sql.ts";
import type { RecentChanges, RecentRow } from "./recent-changes.ts";
import type { ScheduleInput } from "./schedule.ts";
import { siteOffsetSeconds } from "./site-clock.ts";
import { sqlRecords } from "./site-records.ts";
import { readSiteZones } from "./site-zones.ts";
import type { SiteRecords, Source, SomeSchedules } from "./source.ts";
import type { SqlEngine, SqlRow, SqlSession } from "./sql-engine.ts";

/** What the source needs. */
export interface SqlSourceOptions {
  readonly engine: SqlEngine;
  readonly rows: Omit<BtuRowOptions, "generation" | "zones">;
  readonly clock: Clock;
  /** Tells how far the site's own zone is from UTC. */
  readonly zones: ZoneData;
  /** Told when a whole read finds another generation of the app than the one before. */
  readonly onGeneration: (generation: BtuGeneration) => void;
}

/** A statement holds no more ids than this: servers bound its length. */
const IDS_PER_STATEMENT_MAX = 1_000;
/** Frappe's names are no longer; longer ids need not be asked for. */
const ID_LENGTH_MAX = 140;

/** What a whole read found out, and later looks go by. */
interface Shape {
  readonly columns: ColumnsByTable;
  readonly generation: BtuGeneration;
}

/** Whether a database can hold such a name; PostgreSQL refuses a whole statement over one that it cannot. */
function canBeName(id: string): boolean {
  return id !== "" && id.length <= ID_LENGTH_MAX && !id.includes("\0") && id.isWellFormed();
}

function* batches(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += IDS_PER_STATEMENT_MAX) {
    yield ids.slice(at, at + IDS_PER_STATEMENT_MAX);
  }
}

function isSame(a: BtuGeneration | undefined, b: BtuGeneration): boolean {
  return a !== undefined && Bun.deepEquals(a, b);
}

/** The source; what it remembers is only what the last whole read found of the tables. */
class SqlSource implements Source {
  readonly #options: SqlSourceOptions;
  readonly #statements: BtuStatements;
  readonly records: SiteRecords;
  #shape: Shape | null = null;

  constructor(options: SqlSourceOptions) {
    this.#options = options;
    this.#statements = btuStatements(options.engine.dialect);
    this.records = sqlRecords(options);
  }

  get name(): string {
    return this.#options.engine.name;
  }

  get generation(): BtuGeneration | null {
    return this.#shape?.generation ?? null;
  }

  async *read(signal: AbortSignal): AsyncGenerator<ScheduleInput> {
    const session = await this.#options.engine.open(signal);
    let isIdle = false;
    try {
      const { columns, generation } = await this.#look(session);
      const reader = await this.#reader(session, generation);
      const { sql } = this.#statements.schedules(columns);
      for await (const row of session.stream(sql)) yield reader.read(row);
      isIdle = true;
    } finally {
      session.close(isIdle);
    }
  }

  readonly readSome = async (
    ids: Iterable<string>,
    signal: AbortSignal,
  ): Promise<SomeSchedules> => {
    const wanted = new Set(ids);
    const askable = [...wanted].filter(canBeName);
    if (askable.length === 0) return { found: [], absent: [...wanted] };
    const found = await this.#again(signal, (session, shape) =>
      this.#some(session, shape, askable),
    );
    const names = new Set(found.map(({ id }) => id));
    return { found, absent: [...wanted].filter((id) => !names.has(id)) };
  };

  readonly readChanges = (signal: AbortSignal): Promise<RecentChanges> =>
    this.#options.engine.withSession(signal, (session) => this.#recent(session));

  watch(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#options.engine.close();
  }

  /** Does `work`, and once more with a fresh look at the tables when those turn out to have changed. */
  #again<T>(
    signal: AbortSignal,
    work: (session: SqlSession, shape: Shape) => Promise<T>,
  ): Promise<T> {
    const { engine } = this.#options;
    return engine.withSession(signal, async (session) => {
      const known = this.#shape;
      if (known === null) return work(session, await this.#look(session));
      try {
        return await work(session, known);
      } catch (error) {
        if (!engine.isStale(error)) throw error;
        return work(session, await this.#look(session));
      }
    });
  }

  /** Which columns there are, and so which app. */
  async #look(session: SqlSession): Promise<Shape> {
    const columns = new Map<string, Set<string>>();
    for (const row of await session.query(this.#statements.columns)) {
      const table = String(row["table_name"]);
      const known = columns.get(table) ?? new Set();
      columns.set(table, known.add(String(row["column_name"])));
    }
    const generation = detectGeneration(columns);
    const before = this.#shape?.generation;
    // Tables that are missing, or hidden from us, make the statements that follow fail with what is wrong.
    if (columns.has(BTU_TABLES.schedule) && columns.has(BTU_TABLES.task)) {
      this.#shape = { columns, generation };
      if (!isSame(before, generation)) this.#options.onGeneration(generation);
    }
    return { columns, generation };
  }

  async #reader(session: SqlSession, generation: BtuGeneration): Promise<BtuRowReader> {
    const zones = await readSiteZones(session, this.#statements);
    return new BtuRowReader({ ...this.#options.rows, generation, zones });
  }

  async #some(
    session: SqlSession,
    { columns, generation }: Shape,
    ids: readonly string[],
  ): Promise<ScheduleInput[]> {
    const reader = await this.#reader(session, generation);
    const found: ScheduleInput[] = [];
    for (const batch of batches(ids)) {
      const rows = await session.query(this.#statements.some(columns, batch));
      found.push(...rows.map((row) => reader.read(row)));
    }
    return found;
  }

  async #recent(session: SqlSession): Promise<RecentChanges> {
    const { clock, zones: zoneData } = this.#options;
    const zones = await readSiteZones(session, this.#statements);
    const offsetSeconds = siteOffsetSeconds(zones.systemSettings, { clock, zoneData });
    const schedules = await session.query(this.#statements.recentSchedules(offsetSeconds));
    const tasks = await session.query(this.#statements.recentTasks(offsetSeconds));
    return {
      rows: [...schedules.map(scheduleRow), ...tasks.map(taskRow)],
      isCut: schedules.length >= RECENT_ROWS_MAX,
      settings: JSON.stringify(zones),
    };
  }
}

function scheduleRow(row: SqlRow): RecentRow {
  return {
    scheduleId: String(row["name"]),
    part: "schedule",
    stamp: String(row["stamp"]),
  };
}

/** All of the task that counts for us. */
function taskRow({ name, ...task }: SqlRow): RecentRow {
  return { scheduleId: String(name), part: "task", stamp: JSON.stringify(task) };
}

/** Opens the source; nothing is connected yet. */
export function openSqlSource(options: SqlSourceOptions): Source {
  return new SqlSource(options);
}
