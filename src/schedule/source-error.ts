/** What a place of schedules says about itself. */

/** The place was reached and what it holds is broken: it must be mended before it is read again. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}
