/** From a target to the engine that reads it. */
import type { Clock } from "../base/clock.ts";
import type { SqlTarget } from "../config/targets.ts";
import { mariadbDriver } from "./source-mariadb.ts";
import { postgresDriver } from "./source-postgres.ts";
import { SqlEngine } from "./sql-engine.ts";

/** Nothing is connected yet. */
export function openSqlEngine(target: SqlTarget, clock: Clock): SqlEngine {
  const driver = target.type === "mariadb" ? mariadbDriver(target) : postgresDriver(target);
  return new SqlEngine({ driver, target, clock });
}
