/** "Did you mean …?" */

/** Edits (insert, delete, replace, swap of neighbours) that turn one text into the other. */
function distance(from: string, to: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? row + column;
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    rows[row] = current;
    for (let column = 1; column <= to.length; column += 1) {
      const replace = from[row - 1] === to[column - 1] ? 0 : 1;
      const edits = [at(row - 1, column) + 1, at(row, column - 1) + 1];
      edits.push(at(row - 1, column - 1) + replace);
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped && row > 1) edits.push(at(row - 2, column - 2) + 1);
      current.push(Math.min(...edits));
    }
  }
  return at(from.length, to.length);
}

/** The candidate nearest to `word`, if near enough to be meant; letter case does not count. */
export function closest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const found = distance(wanted, candidate.toLowerCase());
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** ` (did you mean "x"?)`, or nothing when no candidate is near. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const found = closest(word, candidates);
  return found === null ? "" : ` (did you mean "${found}"?)`;
}
