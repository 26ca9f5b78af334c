/** Patterns with `*` and `?`, matched in time that no pattern can blow up. */

/** Tells whether a whole text is like the pattern: `*` is any text, `?` any one character; letter case counts. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(text);
  let at = 0;
  let from = 0;
  // Where the last star stands, and what it has taken so far; only the last one ever needs to take more.
  let star = -1;
  let taken = 0;
  while (from < given.length) {
    if (wanted[at] === "*") {
      star = at;
      taken = from;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[from])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      taken += 1;
      from = taken;
      at = star + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((char) => char === "*");
}
