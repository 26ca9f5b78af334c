/** What CHANGELOG.md says of a version. */

const HEADING = /^## +\[?([^\]\s]+)\]?(?: +[-–—] +(\S+))? *$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const SEMVER = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** What a release is judged by. */
export interface Release {
  /** Of package.json. */
  readonly version: string;
  /** Of package-lock.json. */
  readonly lockVersion: string;
  readonly changelog: string;
  /** The tag that is released; null while nobody has set one. */
  readonly tag: string | null;
}

interface Section {
  readonly version: string;
  readonly date: string | null;
  readonly lines: string[];
}

function sectionsOf(changelog: string): Section[] {
  const sections: Section[] = [];
  for (const line of changelog.split("\n")) {
    const [, version, date] = HEADING.exec(line) ?? [];
    if (version !== undefined) sections.push({ version, date: date ?? null, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

/** The text under the heading of a version; empty when there is none. */
export function notesOf(changelog: string, version: string): string {
  const section = sectionsOf(changelog).find((each) => each.version === version);
  return section?.lines.join("\n").trim() ?? "";
}

function sectionFaults(sections: readonly Section[], version: string): string[] {
  const at = sections.findIndex((each) => each.version === version);
  const section = sections[at];
  if (section === undefined) {
    return [
      `CHANGELOG.md has no section "## ${version} - YYYY-MM-DD": write what changes for users`,
    ];
  }
  const faults: string[] = [];
  if (section.date === null || !DATE.test(section.date)) {
    faults.push(
      `CHANGELOG.md: the heading of ${version} lacks its date: "## ${version} - YYYY-MM-DD"`,
    );
  }
  if (!section.lines.some((line) => /^[-*] +\S/.test(line))) {
    faults.push(`CHANGELOG.md: the section of ${version} lists no change`);
  }
  const before = sections.slice(0, at).filter((each) => each.version !== "Unreleased");
  if (before.length > 0) {
    faults.push(
      `CHANGELOG.md: ${version} must be the newest section, before ${before[0]?.version}`,
    );
  }
  const waiting = sections.find((each) => each.version === "Unreleased")?.lines ?? [];
  if (waiting.some((line) => /^[-*] +\S/.test(line))) {
    faults.push(`CHANGELOG.md: "Unreleased" still lists changes: move them to ${version}`);
  }
  return faults;
}

/** Why this version may not be released; empty when it may. */
export function releaseFaults({ version, lockVersion, changelog, tag }: Release): string[] {
  const faults: string[] = [];
  if (!SEMVER.test(version)) faults.push(`package.json: "${version}" is no version such as 1.2.3`);
  if (lockVersion !== version) {
    faults.push(`package-lock.json says ${lockVersion}, package.json ${version}: run npm install`);
  }
  if (tag !== null && tag !== `v${version}`) {
    faults.push(`the tag "${tag}" does not fit package.json: expected "v${version}"`);
  }
  return [...faults, ...sectionFaults(sectionsOf(changelog), version)];
}
