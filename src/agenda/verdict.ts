/** What a script says became of a request. */

/** Takes a script's word for one of those that it knows. */
export function readVerdict<W extends string>(
  script: string,
  words: readonly W[],
  word: string | undefined,
): W {
  const verdict = words.find((one) => one === word);
  if (verdict === undefined) throw new Error(`script ${script}: unexpected verdict "${word}"`);
  return verdict;
}
