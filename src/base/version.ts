/** Which program this is. */

/** The version of package.json, with the commit it was built from where that was known: "0.1.0 (1a2b3c4d5e6f)". */
export const versionText: string = withCommit(
  typeof BTU_VERSION === "string" ? BTU_VERSION : "0.0.0-source",
  typeof BTU_COMMIT === "string" ? BTU_COMMIT : "",
);

function withCommit(version: string, commit: string): string {
  return commit === "" ? version : `${version} (${commit})`;
}
