/** What is said of an id that does not exist. */
import { suggestion } from "../base/suggest.ts";
import { NotFoundError } from "./exit.ts";

/** More of an id than this helps nobody. */
const SHOWN_LENGTH_MAX = 100;

/**
 * The error for it, with the id that was probably meant: exit code 4.
 *
 * @param what the kind of thing, such as `schedule`
 * @param known the ids there are, as far as they are known
 */
export function unknownId(what: string, id: string, known: Iterable<string> = []): NotFoundError {
  const shown = id.length > SHOWN_LENGTH_MAX ? `${id.slice(0, SHOWN_LENGTH_MAX)}…` : id;
  return new NotFoundError(`no ${what} is called "${shown}"${suggestion(id, known)}`);
}
