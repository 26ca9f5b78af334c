/** A private MariaDB. */
import { writeFileSync } from "node:fs";
import { makeCertificates } from "./certificates.ts";
import type { Certificates } from "./certificates.ts";
import { longOptions, mustRun } from "./child.ts";
import type { Child } from "./child.ts";
import { eventually } from "./eventually.ts";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { PrivateServer } from "./private-server.ts";
import { tempDir } from "./temp-dir.ts";
import { copyDir, templateDir } from "./template-dir.ts";

/** What may differ from a plain MariaDB. */
export interface MariadbServerOptions {
  /** Speaks TLS too, with a certificate for `localhost`. */
  readonly tls?: boolean;
  /** More options of mariadbd: `["--wait-timeout=2"]`. */
  readonly options?: readonly string[];
}

/** A running MariaDB; `await using mariadb = await startMariadb()`. */
export interface MariadbServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly socketPath: string;
  /** May do everything, from anywhere. */
  readonly user: string;
  readonly password: string;
  readonly certificates: Certificates | null;
  readonly process: PrivateServer;
  /** Runs statements as the server's root and gives the rows, tab-separated, without head. */
  sql(statements: string, database?: string): Promise<string>;
  /** Runs a file of statements as root. */
  load(path: string): Promise<void>;
}

const USER = "btu_admin";
const PASSWORD = "btu-admin-secret";
const START_TIMEOUT_MS = 30_000;

/** Small and careless about power cuts: a test starts it hundreds of times. */
const FAST = [
  "--innodb-log-file-size=4M",
  "--innodb-buffer-pool-size=16M",
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-use-native-aio=OFF",
  "--performance-schema=OFF",
  "--skip-log-bin",
  "--skip-name-resolve",
];

/** mariadbd refuses to be root unless told so by name. */
function userOptions(): string[] {
  return process.getuid?.() === 0 ? ["--user=root"] : [];
}

async function makeTemplate(folder: string): Promise<void> {
  // In a shared one a server that starts removes what it takes for left-overs of its own.
  using temporary = tempDir();
  const command = [
    findProgram("mariadb-install-db"),
    "--no-defaults",
    `--datadir=${folder}`,
    `--tmpdir=${temporary.path}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    ...FAST,
    ...userOptions(),
  ];
  await mustRun({ command }, { timeoutMs: 120_000 });
}

/** Run at each start, before connections are taken. */
const INIT_SQL = `
CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;
`;

function tlsOptions(certificates: Certificates | null): string[] {
  if (certificates === null) return [];
  const { caPath, certPath, keyPath } = certificates;
  return longOptions({ "ssl-ca": caPath, "ssl-cert": certPath, "ssl-key": keyPath });
}

/** Starts a MariaDB with empty tables on a free port and a Unix socket. */
export async function startMariadb(options: MariadbServerOptions = {}): Promise<MariadbServer> {
  const dir = tempDir();
  const server = findProgram("mariadbd", "mysqld");
  const version = (await mustRun({ command: [server, "--version"] })).replace(/.*Ver /s, "");
  const template = await templateDir(`mariadb-${version.split(" ")[0]}`, makeTemplate);
  await copyDir(template, dir.file("data"));
  const [port, socketPath] = [await freePort(), dir.file("mariadb.sock")];
  const certificates = options.tls === true ? await makeCertificates(dir.path) : null;
  writeFileSync(dir.file("init.sql"), INIT_SQL);
  const places = longOptions({
    datadir: dir.file("data"),
    tmpdir: dir.path,
    port,
    "bind-address": "127.0.0.1",
    socket: socketPath,
    "pid-file": dir.file("mariadb.pid"),
    "init-file": dir.file("init.sql"),
  });
  const more = [...userOptions(), ...tlsOptions(certificates), ...(options.options ?? [])];
  const command = [server, "--no-defaults", ...FAST, ...places, ...more];
  const clientWords = [findProgram("mariadb"), "--no-defaults", `--socket=${socketPath}`];
  const client = [...clientWords, "--user=root", "--batch", "--skip-column-names"];
  const utf8 = "--default-character-set=utf8mb4";
  const sql = (statements: string, database = ""): Promise<string> =>
    mustRun({ command: [...client, utf8, `--execute=${statements}`, database] });
  const isReady = async (child: Child): Promise<void> => {
    const look = (): Promise<boolean> | true =>
      child.exitCode() !== null || sql("SELECT 1").then(() => true);
    await eventually(look, { timeoutMs: START_TIMEOUT_MS, what: "MariaDB takes connections" });
    if (child.exitCode() !== null) throw new Error(`MariaDB has ended:\n${child.output()}`);
  };
  const running = await PrivateServer.start({
    start: { command },
    ready: isReady,
    stopSignal: "SIGTERM",
    cleanUp: () => dir[Symbol.dispose](),
  });
  return {
    host: "127.0.0.1",
    port,
    socketPath,
    user: USER,
    password: PASSWORD,
    certificates,
    process: running,
    sql,
    load: async (path) => {
      await mustRun({ command: [...client, utf8, `--execute=source ${path}`] });
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
