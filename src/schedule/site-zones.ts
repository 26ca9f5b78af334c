/** The zones that a site is configured with. */
import type { BtuStatements } from "./btu-sql.ts";
import type { SqlRow, SqlSession } from "./sql-engine.ts";
import type { SiteZones } from "./zone-rule.ts";

type ZoneStatements = Pick<BtuStatements, "zones" | "zoneDefault">;

function text(row: SqlRow | undefined, column: string): string | null {
  const value = row?.[column];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

/** Reads them. */
export async function readSiteZones(
  session: SqlSession,
  statements: ZoneStatements,
): Promise<SiteZones> {
  const rows = await session.query(statements.zones);
  const valueOf = (doctype: string): string | null =>
    text(
      rows.find((row) => row["doctype"] === doctype),
      "value",
    );
  const own = valueOf("System Settings");
  return {
    btuConfiguration: valueOf("BTU Configuration"),
    systemSettings: own ?? (await zoneDefault(session, statements)),
  };
}

/** A row of a form exists only once it was saved; its copy among the defaults is older. */
async function zoneDefault(
  session: SqlSession,
  statements: ZoneStatements,
): Promise<string | null> {
  const rows = await session.query(statements.zoneDefault);
  return text(
    rows.find((row) => text(row, "value") !== null),
    "value",
  );
}
