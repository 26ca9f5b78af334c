/** What to mend when Redis or a Sentinel cannot be used: they go on being tried, since somebody may mend it meanwhile. */

/** ioredis goes on in database 0 after this error: commands would silently run in the wrong place. */
export const WRONG_DB = /DB index is out of range/i;

/** The first that fits. */
const ADVICE: ReadonlyArray<readonly [about: RegExp, advice: string]> = [
  [/sentinels.*\b(WRONGPASS|NOAUTH|ERR AUTH)\b/, "Check rq_sentinel_password"],
  [/No such master/i, "Check rq_sentinel_master"],
  [
    /^(WRONGPASS|NOAUTH|ERR AUTH)\b/,
    "Check rq_username and rq_password, or the user part of rq_url",
  ],
  [WRONG_DB, "Check rq_db"],
  [/altnames/i, "Name the server as its certificate does"],
  [
    /self.signed|issuer|unable to verify/i,
    "Let rq_tls_ca name a file with the authority that signed it",
  ],
];

/** When the next attempt comes is of no use to anybody. */
const RETRY_NOTE = / Retrying from scratch after [\d.]+ms\./;

/** The same error with its way out, where one is known. */
export function withAdvice(error: Error): Error {
  const text = error.message.replace(RETRY_NOTE, "");
  const advice = ADVICE.find(([about]) => about.test(text))?.[1];
  // Without the cause: its text would be told once more.
  if (advice !== undefined) return new Error(`${text.replace(/\.$/, "")}. ${advice}`);
  return text === error.message ? error : new Error(text);
}
