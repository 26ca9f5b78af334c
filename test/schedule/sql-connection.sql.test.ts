import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { DeadlineError } from "../../src/base/abort.ts";
import { describeError } from "../../src/base/errors.ts";
import type { SqlTls } from "../../src/config/targets.ts";
import { SourceError } from "../../src/schedule/source-error.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { tempDir } from "../support/temp-dir.ts";
import { NEVER, readAll, readOne, rejection } from "./read-source.ts";
import { mariadbKit, openTarget, postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const SITE = "btu_fix_v16";
const ROWS = 16;

describe.each([
  ["MariaDB", mariadbKit],
  ["PostgreSQL", postgresKit],
] as const)("a connection to %s", (_name, start) => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await start({ tls: true });
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  const tls = (change: Partial<SqlTls> = {}) => ({
    ...kit.target(SITE),
    tls: { caPath: kit.certificates!.caPath, serverName: "localhost", own: null, ...change },
  });

  test("goes through a Unix socket", async () => {
    const target = { ...kit.target(SITE), host: "nowhere.invalid", socket: kit.socket };
    await using source = openTarget(target);
    expect(await readAll(source)).toHaveLength(ROWS);
    expect(source.name).toContain(kit.socket);
  });

  test.each([
    ["the host", { host: "localhost" }, {}],
    ["the address", {}, { serverName: "127.0.0.1" }],
    ["another name than the host", { host: "127.0.0.1" }, { serverName: "localhost" }],
  ])("speaks TLS with a server that is certified as %s", async (__, where, change) => {
    await using source = openTarget({ ...tls(change), ...where });
    expect(await readAll(source)).toHaveLength(ROWS);
  });

  test.each([
    ["under another name", { serverName: "db.example.com" }, "db.example.com"],
    ["by public authorities only", { caPath: null }, "self signed certificate"],
  ])("refuses a server that is not certified %s", async (__, change, text) => {
    await using source = openTarget(tls(change));
    const error = await rejection(readAll(source));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toContain("is not to be trusted; sql_tls_ca must hold the authority");
    expect(describeError(error)).toContain(text);
  });

  test("refuses a server that another authority has certified", async () => {
    using dir = tempDir();
    const { caPath } = await makeCertificates(dir.path);
    await using source = openTarget(tls({ caPath }));
    expect(await rejection(readAll(source))).toBeInstanceOf(SourceError);
  });

  test("outlives a restart of the server between two reads", async () => {
    await using source = openTarget(kit.target(SITE));
    await readAll(source);
    await kit.process.stop();
    await kit.process.restart();
    expect(await readAll(source)).toHaveLength(ROWS);
  });

  test("is cut in the midst of a read, and the next read gets another", async () => {
    await using source = openTarget(kit.target(SITE));
    const stop = new AbortController();
    const reason = new Error("enough");
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const { id } of source.read(stop.signal)) {
        seen.push(id);
        stop.abort(reason);
      }
    };
    expect(await rejection(reading().then(() => Promise.reject(reason)))).toBe(reason);
    expect(seen).not.toEqual([]);
    expect(await readAll(source)).toHaveLength(ROWS);
  });

  test("to a frozen server is given up with the reason of the signal", async () => {
    await using source = openTarget(kit.target(SITE));
    await readAll(source);
    kit.freeze();
    try {
      for (const look of [
        (signal: AbortSignal) => readAll(source, signal),
        (signal: AbortSignal) => source.readSome!(["TS-1"], signal),
        (signal: AbortSignal) => source.readChanges!(signal),
      ]) {
        const stop = new AbortController();
        const reason = new Error("enough");
        const looking = rejection(look(stop.signal));
        setTimeout(() => stop.abort(reason), 50);
        expect(await looking).toBe(reason);
      }
    } finally {
      kit.thaw();
    }
    expect(await readAll(source)).toHaveLength(ROWS);
  });

  test("to a server that freezes in the midst of a read is given up as well", async () => {
    const numbers =
      kit.type === "mariadb" ? "seq_1_to_60000" : "generate_series(1, 60000) AS numbers(seq)";
    // More than all buffers on the way hold.
    await kit.sql(
      SITE,
      `INSERT INTO \`tabBTU Task Schedule\` (name, schedule_description) SELECT concat('wide-', seq), repeat('x', 140) FROM ${numbers}`,
    );
    await using source = openTarget(kit.target(SITE));
    const stop = new AbortController();
    const reason = new Error("enough");
    let seen = 0;
    const reading = async (): Promise<void> => {
      for await (const _ of source.read(stop.signal)) {
        seen += 1;
        if (seen > 1) continue;
        kit.freeze();
        setTimeout(() => stop.abort(reason), 200);
      }
    };
    try {
      expect(await rejection(reading())).toBe(reason);
      expect(seen).toBeLessThan(60_000);
    } finally {
      kit.thaw();
      await kit.sql(SITE, "DELETE FROM `tabBTU Task Schedule` WHERE name LIKE 'wide-%'");
    }
  });

  test("has deadlines of its own, to connect and for each statement", async () => {
    const clock = new FakeClock();
    await using source = openTarget(kit.target(SITE), { clock });
    const expire = async (work: Promise<unknown>): Promise<Error> => {
      const failed = rejection(work);
      await eventually(() => clock.pending > 0, { what: "a deadline is set" });
      await clock.advance(10_000);
      return failed;
    };
    kit.freeze();
    try {
      const error = await expire(source.readSome!(["TS-1"], NEVER));
      expect(error).toBeInstanceOf(DeadlineError);
      expect(error.message).toBe("connect: no answer within 10000 ms");
    } finally {
      kit.thaw();
    }
    await readAll(source);
    kit.freeze();
    try {
      const error = await expire(source.readSome!(["TS-1"], NEVER));
      expect(error.message).toBe("read schedules: no answer within 10000 ms");
    } finally {
      kit.thaw();
    }
    expect(await readAll(source)).toHaveLength(ROWS);
  });
});

describe("MariaDB", () => {
  test("that keeps transactions open does not show us the past", async () => {
    await using kit = await mariadbKit();
    await kit.sql("", "SET GLOBAL autocommit = 0");
    await using source = openTarget(kit.target(SITE));
    await readAll(source);
    const change = "UPDATE `tabBTU Task Schedule` SET cron_string = '9 9 * * *'";
    await kit.sql(SITE, `${change} WHERE name = 'TS-1'; COMMIT`);
    expect((await readOne(source, "TS-1")).cron).toBe("9 9 * * *");
    const { found } = await source.readSome!(["TS-1"], NEVER);
    expect(found).toMatchObject([{ cron: "9 9 * * *" }]);
  });

  test("that wants TLS, or a certificate of ours, is named, and gets it", async () => {
    await using kit = await mariadbKit({
      tls: true,
      options: ["--require-secure-transport=ON"],
    });
    await using plain = openTarget(kit.target(SITE));
    const error = await rejection(readAll(plain));
    expect(error.message).toContain("may come from this host and without TLS (sql_tls)");
    await kit.sql(
      "",
      `CREATE USER known@'%' IDENTIFIED BY 'x' REQUIRE X509; GRANT SELECT ON ${SITE}.* TO known@'%'`,
    );
    const { caPath, certPath, keyPath } = kit.certificates!;
    const target = { ...kit.target(SITE), user: "known", password: "x", host: "localhost" };
    const identity = { caPath, serverName: "localhost" };
    await using without = openTarget({ ...target, tls: { ...identity, own: null } });
    expect(await rejection(readAll(without))).toBeInstanceOf(SourceError);
    const own = { certPath, keyPath };
    await using source = openTarget({ ...target, tls: { ...identity, own } });
    expect(await readAll(source)).toHaveLength(ROWS);
  });
});
