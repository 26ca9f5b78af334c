/** Servers and tools of the system that tests and demo need, and their installation where one is missing. */
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { run } from "./run.mjs";
import { SetupError, tell } from "./tell.mjs";

const INSTALL_TIMEOUT_MS = 900_000;

/** Servers often lie where only root looks. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec"];

/** The executable's path, or null. */
export function which(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  const found = folders.find((folder) => folder !== "" && existsSync(join(folder, name)));
  return found === undefined ? null : join(found, name);
}

function foldersIn(path) {
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

/** Debian keeps PostgreSQL's programs out of the PATH, a folder for each version. */
function hasPostgres() {
  const folders = foldersIn("/usr/lib/postgresql").map((folder) => join(folder, "bin"));
  const has = (name) =>
    which(name) !== null || folders.some((folder) => existsSync(join(folder, name)));
  return has("initdb") && has("postgres") && has("psql");
}

function hasMariadb() {
  const server = which("mariadbd") ?? which("mysqld");
  return server !== null && which("mariadb-install-db") !== null && which("mariadb") !== null;
}

/** RQ 2.10 asks for Python 3.10. */
async function hasPython() {
  const python = which("python3");
  if (python === null) return false;
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
  return (await run(python, ["-c", check])).code === 0;
}

/**
 * What may be asked for: how to tell that it is there, and its packages. Where a name stands in a list of its own, the
 * first one that the system knows is taken: the "core" ones bring no service.
 */
const TOOLS = {
  redis: {
    present: () => which("redis-server") !== null,
    packages: { apt: ["redis-server"], dnf: [["redis", "valkey-compat-redis"]], apk: ["redis"] },
  },
  python: {
    present: hasPython,
    packages: { apt: ["python3", "python3-venv"], dnf: ["python3"], apk: ["python3"] },
  },
  mariadb: {
    present: hasMariadb,
    packages: {
      apt: [
        ["mariadb-server-core", "mariadb-server"],
        ["mariadb-client-core", "mariadb-client"],
      ],
      dnf: ["mariadb-server", "mariadb"],
      apk: ["mariadb", "mariadb-client"],
    },
  },
  postgres: {
    present: hasPostgres,
    packages: {
      apt: ["postgresql"],
      dnf: ["postgresql-server", "postgresql"],
      apk: ["postgresql", "postgresql-client"],
    },
  },
  bash: {
    present: () => which("bash") !== null,
    packages: { apt: ["bash"], dnf: ["bash"], apk: ["bash"] },
  },
  zsh: {
    present: () => which("zsh") !== null,
    packages: { apt: ["zsh"], dnf: ["zsh"], apk: ["zsh"] },
  },
  fish: {
    present: () => which("fish") !== null,
    packages: { apt: ["fish"], dnf: ["fish"], apk: ["fish"] },
  },
  groff: {
    present: () => which("groff") !== null,
    packages: { apt: ["groff-base"], dnf: ["groff-base"], apk: ["groff"] },
  },
  faketime: {
    present: () => which("faketime") !== null,
    packages: { apt: ["faketime"], dnf: ["libfaketime"], apk: ["libfaketime"] },
  },
  busybox: {
    present: () => which("busybox") !== null,
    packages: { apt: ["busybox"], dnf: ["busybox"], apk: ["busybox"] },
  },
  shellcheck: {
    present: () => which("shellcheck") !== null,
    packages: { apt: ["shellcheck"], dnf: ["ShellCheck"], apk: ["shellcheck"] },
  },
  openssl: {
    present: () => which("openssl") !== null,
    packages: { apt: ["openssl"], dnf: ["openssl"], apk: ["openssl"] },
  },
};

/** How each package manager is asked. */
const MANAGERS = {
  apt: {
    program: "apt-get",
    refresh: ["apt-get", "update", "-q"],
    install: ["apt-get", "install", "-q", "-y", "--no-install-recommends"],
    known: ["apt-cache", "show"],
  },
  dnf: { program: "dnf", install: ["dnf", "install", "-y"], known: ["dnf", "info"] },
  apk: { program: "apk", install: ["apk", "add", "--no-cache"], known: ["apk", "info"] },
};

const UNITS = ["redis-server", "redis", "mariadb", "postgresql"];
const POLICY_FILE = "/usr/sbin/policy-rc.d";

/** The tools among `names` that are missing on this machine. */
export async function missingTools(names) {
  const present = await Promise.all(names.map((name) => TOOLS[name].present()));
  return names.filter((_, index) => !present[index]);
}

function findManager() {
  return Object.keys(MANAGERS).find((name) => which(MANAGERS[name].program) !== null);
}

/** The words before a command that make it root's, or null when nobody can. */
async function asRoot({ interactive }) {
  if (process.getuid() === 0) return [];
  if (which("sudo") === null) return null;
  if (interactive) return ["sudo"];
  return (await run("sudo", ["-n", "true"])).code === 0 ? ["sudo", "-n"] : null;
}

async function mustRun(words, { prefix, interactive }) {
  const [command, ...args] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", ...words];
  tell(`  ${words.join(" ")}`);
  const input = interactive ? "inherit" : "ignore";
  const ran = await run(command, args, { input, timeoutMs: INSTALL_TIMEOUT_MS });
  if (ran.code !== 0) throw new SetupError(`"${words.join(" ")}" failed:\n${ran.output}`);
}

async function resolvePackage(manager, candidates) {
  if (typeof candidates === "string") return candidates;
  const [program, ...args] = MANAGERS[manager].known;
  for (const name of candidates) {
    if ((await run(program, [...args, name])).code === 0) return name;
  }
  return candidates.at(-1);
}

async function presentUnits() {
  if (!existsSync("/run/systemd/system")) return [];
  const found = await Promise.all(
    UNITS.map(async (unit) => (await run("systemctl", ["cat", `${unit}.service`])).code === 0),
  );
  return UNITS.filter((_, index) => found[index]);
}

/** Runs `work` while packages are forbidden to start their services; what they enabled for the next start is undone. */
async function withoutServices(root, work) {
  const before = await presentUnits();
  const forbid = existsSync("/etc/debian_version") && !existsSync(POLICY_FILE);
  const [write, remove] = [
    [
      ...root.prefix,
      "sh",
      "-c",
      `printf '#!/bin/sh\\nexit 101\\n' >${POLICY_FILE}; chmod 755 ${POLICY_FILE}`,
    ],
    [...root.prefix, "rm", "-f", POLICY_FILE],
  ];
  if (forbid)
    await run(write[0], write.slice(1), { input: root.interactive ? "inherit" : "ignore" });
  try {
    await work();
  } finally {
    if (forbid) await run(remove[0], remove.slice(1));
    const added = (await presentUnits()).filter((unit) => !before.includes(unit));
    for (const unit of added) {
      const [command, ...args] = [
        ...root.prefix,
        "systemctl",
        "disable",
        "--now",
        `${unit}.service`,
      ];
      await run(command, args);
    }
  }
}

async function install(names, manager, root) {
  const { refresh, install: command } = MANAGERS[manager];
  if (refresh !== undefined) await mustRun(refresh, root);
  const wanted = names.flatMap((name) => TOOLS[name].packages[manager]);
  const packages = [];
  for (const candidates of wanted) packages.push(await resolvePackage(manager, candidates));
  await withoutServices(root, () => mustRun([...command, ...packages], root));
}

async function agrees(question) {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await prompt.question(`${question} [Y/n] `);
    return /^(y|yes|)$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

/**
 * Makes sure that the named tools are there, installing what is missing; starts no service.
 *
 * `consent`: "yes" installs, "ask" asks first where there is a terminal, "no" only tells what is missing.
 * @throws SetupError when something is missing and was not installed; its text says what to do.
 */
export async function ensureTools(names, { consent }) {
  const missing = await missingTools(names);
  if (missing.length === 0) return;
  const list = missing.join(", ");
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const manager = findManager();
  const wayOut = wayOutFor(missing, manager);
  if (consent === "no") throw new SetupError(`missing on this machine: ${list}\n${wayOut}`);
  const prefix = await asRoot({ interactive });
  if (manager === undefined || prefix === null) {
    throw new SetupError(`missing on this machine, and not installed by us: ${list}\n${wayOut}`);
  }
  if (consent === "ask" && interactive && !(await agrees(`Install what is missing (${list})?`))) {
    throw new SetupError(`not installed: ${list}\n${wayOut}`);
  }
  tell(`installing what is missing: ${list}`);
  await install(missing, manager, { prefix, interactive });
  const still = await missingTools(missing);
  if (still.length > 0)
    throw new SetupError(`still missing after the installation: ${still.join(", ")}`);
}

function wayOutFor(missing, manager) {
  const packages = missing.flatMap((name) => TOOLS[name].packages[manager ?? "apt"]);
  const words = packages.map((candidates) =>
    Array.isArray(candidates) ? candidates.at(-1) : candidates,
  );
  if (manager === undefined)
    return `Install them with your package manager (Debian calls them ${words.join(" ")}).`;
  return `Install them as root: ${MANAGERS[manager].install.join(" ")} ${words.join(" ")}`;
}
