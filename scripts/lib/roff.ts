/** Text for manual pages, in the macros of man(7). */

/** A text as it is: no letter of it is taken for a command of the formatter. */
export function escaped(text: string): string {
  return text
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll("^", String.raw`\(ha`)
    .replaceAll("~", String.raw`\(ti`)
    .replaceAll("`", String.raw`\(ga`)
    .replaceAll(/[^ -~\n]/gu, (char) => {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      return `\\[u${code}]`;
    })
    .replaceAll(/^\./gm, String.raw`\&.`);
}

/** Prose: lines may break at hyphens within words, unlike the dashes of flags, and never in the midst of names and paths. */
export function prose(text: string): string {
  return escaped(text)
    .replaceAll(/(?<=[A-Za-z])\\-(?=[A-Za-z])/g, "-")
    .replaceAll(/(?<![^\s(])(?=[^\s(]*[_/])/g, String.raw`\%`);
}

/** In bold letters: what is typed as it stands. */
export function bold(text: string): string {
  return String.raw`\fB${escaped(text)}\fR`;
}

/** In slanted letters: what stands for something else. */
export function slanted(text: string): string {
  return String.raw`\fI${escaped(text)}\fR`;
}

/** A heading. */
export function heading(title: string): string[] {
  return [`.SH ${escaped(title.toUpperCase())}`];
}

/** A heading below another. */
export function subheading(title: string): string[] {
  return [`.SS ${escaped(title)}`];
}

/** Paragraphs of prose. */
export function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text) => [".PP", prose(text)]);
}

/** A term, already marked up, with what is told of it below. */
export function item(term: string, lines: readonly string[]): string[] {
  return [".TP", term, ...lines];
}

/** What belongs to the item before it, moved in as far as that. */
export function within(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [".RS", ...lines, ".RE"];
}

/** Lines that are typed or shown as they are. */
export function example(lines: readonly string[]): string[] {
  return [".PP", ".RS 4", ".EX", ...lines.map(escaped), ".EE", ".RE"];
}

/** The first lines of a page. */
export function pageStart(name: string, section: number, version: string): string[] {
  return [
    String.raw`.\" Written by scripts/make-man.ts from what the program itself knows; edit that.`,
    `.TH ${escaped(name.toUpperCase())} ${section} "" "BTU Scheduler ${version}" "BTU Scheduler"`,
    // Stretched lines are hard to read where many words cannot be broken.
    ".ad l",
  ];
}
