import { describe, expect, test } from "bun:test";
import { faultsOf, loadText, SOURCE } from "./load-text.ts";

const SQL = 'sql_database = "d"\nsql_user = "u"\nsql_password = "hunter2"';
const TOKEN = 'webserver_token = "abc:def"';

describe("keys together are refused when", () => {
  test.each([
    [
      "there is no source",
      "",
      "no schedules: give bench_path and site, or sql_database, sql_user and sql_password of a site, or a schedules_file",
    ],
    [
      "SQL has no database",
      'sql_user = "u"',
      "sql_database is missing: schedules are to be read from SQL because another sql_ key is given",
    ],
    [
      "SQL has no user",
      'mysql_database = "d"',
      "sql_user is missing: schedules are to be read from SQL because another sql_ key is given",
    ],
    [
      "a socket stands beside a host",
      `${SQL}\nsql_socket = "/s"\nmysql_host = "h"`,
      "line 4: sql_socket excludes mysql_host: keep one or the other",
    ],
    [
      "rq_url stands beside its parts",
      `${SOURCE}\nrq_host = "h"\nrq_url = "redis://h"\nrq_db = 1`,
      "line 3: rq_url excludes rq_host, rq_db: keep one or the other",
    ],
    [
      "webserver_url stands beside its parts",
      `${SOURCE}\nwebserver_url = "http://h"\nwebserver_port = 1`,
      "line 2: webserver_url excludes webserver_port: keep one or the other",
    ],
    [
      "native jobs have no site",
      `${SQL}\njob_builder = "native"\n${TOKEN}`,
      'line 4: job_builder "native" needs site',
    ],
    [
      "native jobs have no user",
      `${SQL}\njob_builder = "native"\nsite = "a.b"`,
      'line 4: job_builder "native" needs frappe_user, or webserver_token to ask for its user',
    ],
    [
      "pickled jobs have no token",
      `${SQL}\njob_builder = "pickled"`,
      'line 4: job_builder "pickled" needs webserver_token, the API key and secret of a user',
    ],
    [
      "the site is to enqueue its jobs, and there is no token",
      `${SQL}\njob_builder = "delegated"`,
      'line 4: job_builder "delegated" needs webserver_token, the API key and secret of a user',
    ],
    [
      "the site can only be reached through its web server, and there is no token",
      'connectivity_mode = "webserver"',
      'line 1: connectivity_mode "webserver" needs webserver_token, the API key and secret of a user',
    ],
    [
      "the site enqueues its jobs itself, and another builder is asked for",
      `connectivity_mode = "webserver"\n${TOKEN}\njob_builder = "pickled"`,
      'line 3: job_builder "pickled" is not possible with connectivity_mode "webserver": the site enqueues its jobs itself; remove the line',
    ],
    [
      "TLS is to go through a Unix socket",
      `${SQL}\nmysql_socket = "/s"\nsql_tls = true`,
      "line 5: sql_tls excludes mysql_socket: what goes through a Unix socket stays on this machine",
    ],
    [
      "a certificate has no key",
      `${SQL}\nsql_tls = true\nsql_tls_cert = "/c"`,
      "line 5: sql_tls_cert needs sql_tls_key beside it",
    ],
    [
      "a key has no certificate",
      `${SQL}\nsql_tls = true\nsql_tls_key = "/c"`,
      "line 5: sql_tls_key needs sql_tls_cert beside it",
    ],
  ])("%s", (_, text, fault) => {
    expect(faultsOf(() => loadText(text))).toEqual([fault]);
  });

  test("one of them comes from the environment, which is named", () => {
    const env = { BTU_SCHEDULER_RQ_HOST: "h" };
    expect(faultsOf(() => loadText(`${SOURCE}\nrq_url = "redis://h"`, { env }))).toEqual([
      "line 2: rq_url excludes BTU_SCHEDULER_RQ_HOST: keep one or the other",
    ]);
  });
});

describe("keys together are taken without a word when", () => {
  test.each([
    ["a file stands alone", SOURCE],
    ["a file stands beside SQL", `${SOURCE}\n${SQL}\n${TOKEN}`],
    ["jobs are pickled", `${SQL}\n${TOKEN}\njob_builder = "pickled"`],
    ["the site enqueues its jobs", `${SQL}\n${TOKEN}\njob_builder = "delegated"`],
    [
      "the site enqueues its jobs, since there is no other way",
      `connectivity_mode = "webserver"\n${TOKEN}\nrq_port = 6379\njob_builder = "delegated"`,
    ],
    ["native jobs take the token's user", `${SQL}\n${TOKEN}\njob_builder = "native"\nsite = "a.b"`],
    [
      "native jobs have a user",
      `${SQL}\nfrappe_user = "u@a.b"\njob_builder = "native"\nsite = "a.b"`,
    ],
    ["only a file needs a builder", `${SOURCE}\njob_builder = "native"`],
    ["a database has no password", `sql_database = "d"\nsql_user = "u"\n${TOKEN}`],
    [
      "PostgreSQL has a socket and a port",
      `${SQL}\n${TOKEN}\nsql_socket = "/run/postgresql"\nsql_port = 5433`,
    ],
    [
      "only the web server can be reached, and a Redis of our own",
      `${TOKEN}\nconnectivity_mode = "webserver"\nrq_port = 6379`,
    ],
    [
      "the database is known by its certificate",
      `${SQL}\n${TOKEN}\nsql_tls = true\nsql_tls_ca = "/c"`,
    ],
    ["both prefixes say the same", `${SOURCE}\nbench_id = "b"\nqueue_prefix = "b"`],
  ])("%s", (_, text) => {
    expect(loadText(text).warnings).toEqual([]);
  });
});

describe("a warning tells that", () => {
  test.each([
    ["no job of the site can be made", SQL],
    [
      "socket_mode lets every user of the machine command the daemon",
      `${SOURCE}\nsocket_mode = "0666"`,
    ],
    [
      "both the Unix socket and the commands through Redis are disabled",
      `${SOURCE}\ndisable_unix_socket = true\ndisable_redis_rpc = 1`,
    ],
    ["bench_id is not used", `${SOURCE}\nbench_id = "a"\nqueue_prefix = "b:"`],
    [
      'jobs_site_prefix is read as queue_prefix: jobs go to queues such as "x:default"',
      `${SOURCE}\njobs_site_prefix = "x"`,
    ],
    [
      'mysql_database, sql_user, sql_password: not used with connectivity_mode "webserver"',
      `${SQL.replace("sql_", "mysql_")}\n${TOKEN}\nconnectivity_mode = "webserver"\nrq_url = "redis://h"`,
    ],
    [
      'connectivity_mode "webserver" needs a Redis of the daemon\'s own, for its agenda and ledger: the one at 127.0.0.1:11000 is used',
      `${TOKEN}\nconnectivity_mode = "webserver"`,
    ],
    [
      "sql_tls_ca: no effect without sql_tls = true",
      `${SQL}\n${TOKEN}\nsql_tls_ca = "/etc/ca.pem"`,
    ],
    ["webserver_token has no colon", `${SOURCE}\nwebserver_token = "hunter2"`],
  ])("%s", (warning, text) => {
    expect(loadText(text).warnings).toEqual([expect.stringContaining(warning)]);
  });
});
