/** Programs of database servers, which often lie where only root looks. */
import { existsSync, readdirSync } from "node:fs";

const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec"];
const POSTGRES_VERSIONS = "/usr/lib/postgresql";

/** Debian keeps PostgreSQL's programs out of the PATH, a folder for each version; the newest first. */
function postgresFolders(): string[] {
  if (!existsSync(POSTGRES_VERSIONS)) return [];
  return readdirSync(POSTGRES_VERSIONS)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => `${POSTGRES_VERSIONS}/${version}/bin`);
}

/**
 * The path of the first of these programs that is there.
 *
 * @throws Error when none is.
 */
export function findProgram(...names: readonly string[]): string {
  const folders = [...postgresFolders(), process.env["PATH"] ?? "", ...FOLDERS];
  for (const name of names) {
    const found = Bun.which(name, { PATH: folders.join(":") });
    if (found !== null) return found;
  }
  throw new Error(`"${names.join('" or "')}" is not installed; "npm test" installs it`);
}
