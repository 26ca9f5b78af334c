/** Which program this is. */

const VERSION = typeof BTU_VERSION === "string" ? BTU_VERSION : "0.0.0-source";

/** The commit it was built from, with `+changes` where files differed from it; null when that was not known. */
export const commitText: string | null = orNull(typeof BTU_COMMIT === "string" ? BTU_COMMIT : "");

/** The version of package.json, with the commit where that is known: "0.1.0 (1a2b3c4d5e6f)". */
export const versionText: string = commitText === null ? VERSION : `${VERSION} (${commitText})`;

/** What `--version` prints, without the end of the line: "btu 0.1.0 (1a2b3c4d5e6f, Bun 1.4.5, zone data 2026f)". */
export function versionLine(program: string, zoneRelease: string): string {
  const details = [commitText, `Bun ${Bun.version}`, `zone data ${zoneRelease}`];
  return `${program} ${VERSION} (${details.filter((text) => text !== null).join(", ")})`;
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}
