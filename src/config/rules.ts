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
/** Any of these says which Redis is meant. */
const REDIS_PLACES: readonly ConfigKey[] = [...SENTINEL_INSTEAD_OF, "rq_sentinels"];
const RQ_PARTS: readonly ConfigKey[] = [
  "rq_host",
  "rq_port",
  "rq_db",
  "rq_username",
  "rq_password",
];

function isRemote({ config }: Ruled): boolean {
  return config.connectivity_mode === "webserver";
}

function wantsSql(ruled: Ruled): boolean {
  return !isRemote(ruled) && SQL_SIGNS.some(ruled.isGiven);
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
  const { isGiven } = ruled;
  // A bench whose files are faulty is named already.
  if (wantsSql(ruled) || isRemote(ruled)) return {};
  if (isGiven("schedules_file") || isGiven("bench_path")) return {};
  const text =
    "no schedules: give bench_path and site, or sql_database, sql_user and sql_password of a site, or a schedules_file";
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

/** Without SQL and the site's Redis, its web server is all there is. */
const needsWebserver: Rule = (ruled) => {
  const { config, isGiven, nameOf } = ruled;
  if (!isRemote(ruled)) return {};
  const mode = 'connectivity_mode "webserver"';
  const faults: { key: ConfigKey; text: string }[] = [];
  if (!isGiven("webserver_token")) {
    const text = `${mode} needs webserver_token, the API key and secret of a user`;
    faults.push({ key: "connectivity_mode", text });
  }
  if (config.job_builder !== "auto" && config.job_builder !== "delegated") {
    const text = `job_builder "${config.job_builder}" is not possible with ${mode}: the site enqueues its jobs itself; remove the line`;
    faults.push({ key: "job_builder", text });
  }
  const unused = SQL_SIGNS.filter(isGiven).map(nameOf);
  const warnings = unused.length === 0 ? [] : [`${unused.join(", ")}: not used with ${mode}`];
  return { faults, warnings };
};

/** The site's Redis is out of reach, and still the agenda and the ledger have to live somewhere. */
const warnsOfOwnRedis: Rule = (ruled) => {
  const isTold = REDIS_PLACES.some(ruled.isGiven);
  if (!isRemote(ruled) || isTold) return {};
  const { rq_host: host, rq_port: port } = ruled.config;
  const text = `connectivity_mode "webserver" needs a Redis of the daemon's own, for its agenda and ledger: the one at ${host}:${port} is used; say which with rq_host and rq_port, or rq_url`;
  return { warnings: [text] };
};

const TLS_PARTS: readonly ConfigKey[] = [
  "sql_tls_ca",
  "sql_tls_server_name",
  "sql_tls_cert",
  "sql_tls_key",
];

const warnsOfUnusedTls: Rule = ({ config, isGiven, nameOf }) => {
  const parts = TLS_PARTS.filter(isGiven).map(nameOf);
  if (config.sql_tls || parts.length === 0) return {};
  return { warnings: [`${parts.join(", ")}: no effect without sql_tls = true`] };
};

const needsWholeTls: Rule = ({ config, nameOf }) => {
  const faults: { key: ConfigKey; text: string }[] = [];
  if (config.sql_tls && config.sql_socket !== null) {
    const text = `${nameOf("sql_tls")} excludes ${nameOf("sql_socket")}: what goes through a Unix socket stays on this machine`;
    faults.push({ key: "sql_tls", text });
  }
  const { sql_tls_cert: cert, sql_tls_key: key } = config;
  if ((cert === null) !== (key === null)) {
    const [present, missing] =
      cert === null
        ? (["sql_tls_key", "sql_tls_cert"] as const)
        : (["sql_tls_cert", "sql_tls_key"] as const);
    faults.push({ key: present, text: `${nameOf(present)} needs ${missing} beside it` });
  }
  return { faults };
};

const ASKS_WEBSERVER: ReadonlySet<string> = new Set(["pickled", "delegated"]);

const needsBuilder: Rule = (ruled) => {
  const { config, isGiven } = ruled;
  if (!wantsSql(ruled)) return {};
  const canPickle = isGiven("webserver_token");
  const canBuild = isGiven("site") && (isGiven("frappe_user") || canPickle);
  if (config.job_builder === "native" && !canBuild) {
    const wanted = isGiven("site") ? "frappe_user, or webserver_token to ask for its user" : "site";
    return { faults: [{ key: "job_builder", text: `job_builder "native" needs ${wanted}` }] };
  }
  if (ASKS_WEBSERVER.has(config.job_builder) && !canPickle) {
    const text = `job_builder "${config.job_builder}" needs webserver_token, the API key and secret of a user`;
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
  needsWebserver,
  warnsOfOwnRedis,
  needsWholeTls,
  warnsOfUnusedTls,
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
