/** What a Save in the browser writes into a site whose zone is New York. */
import type { SqlKit } from "./sql-kit.ts";

/** The statement that it ends with. */
export function saved(kit: SqlKit, table: string, set: string, where: string): string {
  return `UPDATE \`${table}\` SET ${set}, modified = ${siteNow(kit)} WHERE ${where}`;
}

/** The present moment on the site's wall, in SQL. */
export function siteNow(kit: SqlKit): string {
  const now =
    kit.type === "mariadb"
      ? "CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', '{offset}')"
      : "now() AT TIME ZONE 'America/New_York'";
  return now.replace("{offset}", newYorkOffset());
}

/** `-04:00` or `-05:00`: the server need not know zones by their names. */
function newYorkOffset(): string {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: "America/New_York",
    timeZoneName: "longOffset",
  }).formatToParts();
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  return name.replace("GMT", "");
}
