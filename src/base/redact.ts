/** The last net under every text that leaves the program: known secrets are blotted out. */

/** Shorter values would blot out innocent text ("a", "root"). */
const SECRET_LENGTH_MIN = 4;

/** A function that replaces every known secret in a text, also where it stands URL-encoded. */
export type Redact = (text: string) => string;

/** Makes the net for these secrets; empty ones are ignored. */
export function makeRedact(secrets: readonly string[]): Redact {
  const known = new Set(
    secrets
      .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
      .flatMap((secret) => [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
      ]),
  );
  const longestFirst = [...known].toSorted((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}
