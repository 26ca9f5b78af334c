/** A private PostgreSQL. */
import { chownSync, writeFileSync } from "node:fs";
import { makeCertificates } from "./certificates.ts";
import type { Certificates } from "./certificates.ts";
import { longOptions, mustRun } from "./child.ts";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import { PrivateServer } from "./private-server.ts";
import { tempDir } from "./temp-dir.ts";
import { copyDir, templateDir } from "./template-dir.ts";

/** What may differ from a plain PostgreSQL. */
export interface PostgresServerOptions {
  /** Speaks TLS too, with a certificate for `localhost`. */
  readonly tls?: boolean;
  /** More settings: `{ idle_session_timeout: "2s" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL; `await using postgres = await startPostgres()`. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** The folder of its Unix socket, where no password is asked for. */
  readonly socketDir: string;
  /** May do everything; over TCP with the password (SCRAM). */
  readonly user: string;
  readonly password: string;
  readonly database: "postgres";
  readonly certificates: Certificates | null;
  readonly process: PrivateServer;
  /** Runs statements as the superuser and gives the rows, `|` between columns, without head. */
  sql(statements: string, database?: string): Promise<string>;
  /** Runs a file of statements as the superuser; the first error ends it. */
  load(path: string, database?: string): Promise<void>;
}

const USER = "btu_admin";
const PASSWORD = "btu-admin-secret";
const START_TIMEOUT_MS = 30_000;

interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to be root: then it is the user that its package made, or nobody. */
async function serverUser(): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null;
  const users = await Bun.file("/etc/passwd").text();
  for (const name of ["postgres", "nobody"]) {
    const fields = users
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.split(":");
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('neither user "postgres" nor "nobody" is in /etc/passwd');
}

function give(paths: readonly string[], user: SystemUser | null): void {
  if (user === null) return;
  for (const path of paths) chownSync(path, user.uid, user.gid);
}

async function makeTemplate(folder: string, user: SystemUser | null): Promise<void> {
  using dir = tempDir();
  const passwordPath = dir.file("password");
  writeFileSync(passwordPath, PASSWORD);
  give([dir.path, passwordPath], user);
  const options = longOptions({
    pgdata: dir.file("data"),
    username: USER,
    pwfile: passwordPath,
    encoding: "UTF8",
    locale: "C",
    "auth-local": "trust",
    "auth-host": "scram-sha-256",
  });
  const command = [findProgram("initdb"), "--no-sync", "--no-instructions", ...options];
  await mustRun({ command, cwd: dir.path, ...(user && { user }) }, { timeoutMs: 120_000 });
  await copyDir(dir.file("data"), folder);
}

function tlsSettings(certificates: Certificates | null): Record<string, string> {
  if (certificates === null) return {};
  return {
    ssl: "on",
    ssl_ca_file: certificates.caPath,
    ssl_cert_file: certificates.certPath,
    ssl_key_file: certificates.keyPath,
  };
}

/** Starts a PostgreSQL with empty tables on a free port and a Unix socket. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const dir = tempDir();
  const [server, user] = [findProgram("postgres"), await serverUser()];
  const version = (await mustRun({ command: [server, "--version"] })).split(" ")[2];
  const template = await templateDir(`postgres-${version?.trim()}`, (folder) =>
    makeTemplate(folder, user),
  );
  const dataDir = dir.file("data");
  await copyDir(template, dataDir);
  const certificates = options.tls === true ? await makeCertificates(dir.path) : null;
  await mustRun({ command: ["chmod", "0700", dataDir] });
  if (user !== null) {
    await mustRun({ command: ["chown", "-R", `${user.uid}:${user.gid}`, dir.path] });
  }
  const port = await freePort();
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: dir.path,
    fsync: "off",
    shared_buffers: "16MB",
    max_connections: "40",
    ...tlsSettings(certificates),
    ...options.settings,
  };
  const words = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const running = await PrivateServer.start({
    start: { command: [server, "-D", dataDir, ...words], cwd: dir.path, ...(user && { user }) },
    ready: (child) =>
      child.waitForOutput(/database system is ready to accept connections/, {
        timeoutMs: START_TIMEOUT_MS,
      }),
    stopSignal: "SIGINT",
    cleanUp: () => dir[Symbol.dispose](),
  });
  const where = longOptions({ host: dir.path, port, username: USER, set: "ON_ERROR_STOP=1" });
  const form = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"];
  const psql = [findProgram("psql"), ...form, ...where];
  return {
    host: "127.0.0.1",
    port,
    socketDir: dir.path,
    user: USER,
    password: PASSWORD,
    database: "postgres",
    certificates,
    process: running,
    sql: (statements, database = "postgres") =>
      mustRun({ command: [...psql, "--dbname", database, "--command", statements] }),
    load: async (path, database = "postgres") => {
      await mustRun({ command: [...psql, "--dbname", database, "--file", path] });
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
