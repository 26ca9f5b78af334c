/** What must hold between keys, once each has a value of its own. */
import type { Config, ConfigKey } from "./schema.ts";

/** What the rules are asked about. */
export interface Ruled {
  /** A key with a fault of its own has its default here. */
  readonly config: Config;
  /** Tells whether somebody wrote the key, even with a fault. */
  readonly isGiven: (key: ConfigKey) => boolean;
  /** The key's name as somebody wrote it: an alias, or a variable of the environment. */
  readonly nameOf: (key: ConfigKey) => string;
}

/** What the rules found; `key` is the one to look at, null when all of them are missing. */
export interface Findings {
  readonly faults: readonly { readonly key: ConfigKey | null; readonly text: string }[];
  readonly warnings: readonly string[];
}

type Rule = (ruled: Ruled) => Partial<Findings>;

/** Any of these says that schedules are to be read from SQL. */
const SQL_SIGNS: readonly ConfigKey[] = [
  "sql_host",
  "sql_port",
  "sql_socket",
  "sql_database",
  "sql_user",
  "sql_password",
];
/** What a Sentinel tells, or its URL. */
const SENTINEL_INSTEAD_OF: readonly ConfigKey[] = ["rq_host", "rq_port", "rq_url"];
const RQ_PARTS: readonly ConfigKey[] = [
  "rq_host",
  "rq_port",
  "rq_db",
  "rq_username",
  "rq_password",
];

function wantsSql({ isGiven }: Ruled): boolean {
  return SQL_SIGNS.some(isGiven);
}

/** Keys that one key stands in place of. */
function excludes(whole: ConfigKey, parts: readonly ConfigKey[]): Rule {
  return ({ isGiven, nameOf }) => {
    const others = parts.filter(isGiven);
    if (!isGiven(whole) || others.length === 0) return {};
    const text = `${nameOf(whole)} excludes ${others.map(nameOf).join(", ")}: keep one or the other`;
    return { faults: [{ key: whole, text }] };
  };
}

const needsSource: Rule = (ruled) => {
  if (wantsSql(ruled) || ruled.isGiven("schedules_file")) return {};
  const text =
    "no schedules: give sql_database, sql_user and sql_password of a site, or a schedules_file";
  return { faults: [{ key: null, text }] };
};

const needsWholeSql: Rule = (ruled) => {
  if (!wantsSql(ruled)) return {};
  const missing = (["sql_database", "sql_user"] as const).filter((key) => !ruled.isGiven(key));
  return {
    faults: missing.map((key) => ({
      key: null,
      text: `${key} is missing: schedules are to be read from SQL because another sql_ key is given`,
    })),
  };
};

const needsBuilder: Rule = (ruled) => {
  const { config, isGiven } = ruled;
  if (!wantsSql(ruled)) return {};
  const canPickle = isGiven("webserver_token");
  const canBuild = isGiven("site") && (isGiven("frappe_user") || canPickle);
  if (config.job_builder === "native" && !canBuild) {
    const wanted = isGiven("site") ? "frappe_user, or webserver_token to ask for its user" : "site";
    return { faults: [{ key: "job_builder", text: `job_builder "native" needs ${wanted}` }] };
  }
  if (config.job_builder === "pickled" && !canPickle) {
    const text = 'job_builder "pickled" needs webserver_token, the API key and secret of a user';
    return { faults: [{ key: "job_builder", text }] };
  }
  if (config.job_builder === "auto" && !canPickle && !canBuild) {
    const text =
      "no job of the site can be made: give webserver_token for the web server to make them, or site and frappe_user";
    return { warnings: [text] };
  }
  return {};
};

/** Write permission for everybody: the kernel asks for it on connect. */
const OTHERS_WRITE = 0o002;

const warnsOfOpenSocket: Rule = ({ config }) =>
  (config.socket_mode & OTHERS_WRITE) === 0
    ? {}
    : { warnings: ["socket_mode lets every user of the machine command the daemon"] };

const warnsOfSilence: Rule = ({ config }) =>
  config.disable_unix_socket && config.disable_redis_rpc
    ? {
        warnings: [
          "both the Unix socket and the commands through Redis are disabled: changes act at the next full refresh, and btu cannot ask the daemon",
        ],
      }
    : {};

const warnsOfTwoPrefixes: Rule = ({ config: { bench_id: bench, queue_prefix: prefix } }) =>
  bench === null || prefix === null || prefix === `${bench}:`
    ? {}
    : { warnings: ["bench_id is not used: queue_prefix takes its place"] };

const warnsOfOldPrefix: Rule = ({ config: { queue_prefix: prefix }, nameOf }) =>
  prefix === null || !/jobs_site_prefix$/i.test(nameOf("queue_prefix"))
    ? {}
    : {
        warnings: [
          `jobs_site_prefix is read as queue_prefix: jobs go to queues such as "${prefix}default"; an earlier daemon put it before the ids of jobs instead, so remove it if no worker listens there`,
        ],
      };

const warnsOfToken: Rule = ({ config: { webserver_token: token } }) =>
  token === null || token.includes(":")
    ? {}
    : { warnings: ["webserver_token has no colon: Frappe wants KEY:SECRET"] };

const RULES: readonly Rule[] = [
  needsSource,
  needsWholeSql,
  excludes("sql_socket", ["sql_host"]),
  excludes("rq_url", RQ_PARTS),
  excludes("rq_sentinels", SENTINEL_INSTEAD_OF),
  excludes("webserver_url", ["webserver_ip", "webserver_port"]),
  needsBuilder,
  warnsOfOpenSocket,
  warnsOfSilence,
  warnsOfTwoPrefixes,
  warnsOfOldPrefix,
  warnsOfToken,
];

/** Applies every rule. */
export function applyRules(ruled: Ruled): Findings {
  const found = RULES.map((rule) => rule(ruled));
  return {
    faults: found.flatMap(({ faults = [] }) => faults),
    warnings: found.flatMap(({ warnings = [] }) => warnings),
  };
}
