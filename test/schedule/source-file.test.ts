import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import type { Clock } from "../../src/base/clock.ts";
import { settledState } from "../../src/schedule/file-text.ts";
import { openFileSource } from "../../src/schedule/source-file.ts";
import { SourceError } from "../../src/schedule/source-error.ts";
import type { Source } from "../../src/schedule/source.ts";
import { mustRun } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { CLOCK, NEVER, policyFor, readAll, readDefined, rejection } from "./read-source.ts";
import { sourceContract } from "./source-contract.ts";
import type { ContractPlace, PutSchedule } from "./source-contract.ts";

/** An hour ahead: no file has just been changed. */
const LATER: Clock = { ...CLOCK, nowMs: () => CLOCK.nowMs() + 3_600_000 };

function sourceOf(path: string, clock = LATER): Source {
  return openFileSource({ path, clock, defaults: { policyFor, timeZone: "UTC" } });
}

/** The fake clock, but for turns that are given to others: these come at once. */
function realYields(fake: FakeClock): Clock {
  return {
    nowMs: () => fake.nowMs(),
    monotonicMs: () => fake.monotonicMs(),
    timer: (delayMs, action) => (delayMs === 0 ? CLOCK : fake).timer(delayMs, action),
  };
}

/** A new file takes the place of the old one, as editors do it. */
function replace(dir: TempDir, name: string, text: string | Uint8Array): void {
  writeFileSync(dir.file("new"), text);
  renameSync(dir.file("new"), dir.file(name));
}

const entry = (id: string, more = ""): string =>
  `[[schedule]]\nid = "${id}"\ncron = "0 5 * * *"\nfunction = "m.f"\n${more}\n`;

function tomlPlace(): ContractPlace {
  const dir = tempDir();
  const schedules = new Map<string, PutSchedule>();
  const write = (): void => {
    const tables = [...schedules.values()].map(
      ({ id, cron }) => `[[schedule]]\nid = "${id}"\ncron = "${cron}"\nfunction = "m.f"\n`,
    );
    replace(dir, "s.toml", `# schedules\n${tables.join("")}`);
  };
  write();
  return {
    source: sourceOf(dir.file("s.toml")),
    secrets: [],
    put: async (schedule) => {
      schedules.set(schedule.id, schedule);
      write();
    },
    remove: async (id) => {
      schedules.delete(id);
      write();
    },
    goAway: async () => rmSync(dir.file("s.toml")),
    comeBack: async () => write(),
    [Symbol.asyncDispose]: async () => dir[Symbol.dispose](),
  };
}

function jsonPlace(): ContractPlace {
  const dir = tempDir();
  const schedules = new Map<string, object>();
  const write = (): void =>
    replace(dir, "s.json", JSON.stringify({ schedule: [...schedules.values()] }));
  write();
  return {
    source: sourceOf(dir.file("s.json")),
    secrets: [],
    put: async ({ id, cron }) => {
      schedules.set(id, { id, cron, function: "m.f" });
      write();
    },
    remove: async (id) => {
      schedules.delete(id);
      write();
    },
    goAway: async () => replace(dir, "s.json", "{"),
    comeBack: async () => write(),
    [Symbol.asyncDispose]: async () => dir[Symbol.dispose](),
  };
}

sourceContract("a TOML file", async () => tomlPlace());
sourceContract("a JSON file", async () => jsonPlace());

describe("a schedules file", () => {
  test("cannot be asked for single schedules, nor for changes, nor for an app", () => {
    const source = sourceOf("/nowhere.toml");
    expect([source.readSome, source.readChanges, source.generation]).toEqual([null, null, null]);
    expect(source.name).toBe("schedules file /nowhere.toml");
  });

  test.each([
    ["s.json", '[{"id": "a", "cron": "* * * * *", "function": "m.f"}]'],
    ["s.json", '\uFEFF{"schedule": [{"id": "a", "cron": "* * * * *", "function": "m.f"}]}'],
    ["S.JSON", '{"schedule": [{"id": "a", "cron": "* * * * *", "function": "m.f"}]}'],
    ["s.toml", 'schedule = [{ id = "a", cron = "* * * * *", function = "m.f" }]'],
    ["s.toml", `\uFEFF${entry("a")}`],
    ["s.conf", entry("a").replaceAll("\n", "\r\n")],
  ])("named %p may hold %p", async (name, text) => {
    using dir = tempDir();
    writeFileSync(dir.file(name), text);
    const found = await readDefined(sourceOf(dir.file(name)));
    expect(found.get("a")).toMatchObject({ problem: null });
  });

  test("is read through links", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("real.toml"), entry("a"));
    symlinkSync(dir.file("real.toml"), dir.file("link.toml"));
    expect(await readAll(sourceOf(dir.file("link.toml")))).toHaveLength(1);
  });

  test("gives each bad entry its line, and lets it spoil no other", async () => {
    using dir = tempDir();
    const text = `# comment\n\n${entry("good")}${entry("bad", "x = 1")}  [[ schedule ]]\nid = "dated"\nkwargs = { when = 2026-01-01 }\n${entry("also good")}`;
    writeFileSync(dir.file("s.toml"), text);
    const found = await readDefined(sourceOf(dir.file("s.toml")));
    expect(found.get("good")!.problem).toBeNull();
    expect(found.get("bad")!.problem).toBe('line 8: unknown key "x"');
    expect(found.get("dated")!.problem).toStartWith("line 13: convert schedule 3.kwargs.when, ");
    expect(found.get("also good")!.problem).toStartWith('line 16: id "also good": expected');
  });

  test("gives JSON's bad entries no line", async () => {
    using dir = tempDir();
    writeFileSync(
      dir.file("s.json"),
      '[{"id": "a", "function": "m.f", "cron": "* * * * *", "x": 1}]',
    );
    const [bad] = await readAll(sourceOf(dir.file("s.json")));
    expect(bad!.problem).toBe('unknown key "x"');
  });

  test("names what stands beside the entries, for it may be a header that was misspelt", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("s.toml"), `${entry("good")}\n[[shedule]]\nid = "lost"\n`);
    const found = await readDefined(sourceOf(dir.file("s.toml")));
    expect([...found.keys()]).toEqual(["good", "#shedule"]);
    expect(found.get("#shedule")!.problem).toBe(
      'unknown key "shedule" in the file: expected only [[schedule]] tables',
    );
  });

  test("hands on entries that share an id, in their order", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("s.toml"), entry("a", 'queue = "1"') + entry("a", 'queue = "2"'));
    const all = await readAll(sourceOf(dir.file("s.toml")));
    expect(all.map(({ id, queue }) => [id, queue])).toEqual([
      ["a", "1"],
      ["a", "2"],
    ]);
  });

  test("says whether it is what was read last", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("s.toml"), entry("a"));
    const source = sourceOf(dir.file("s.toml"));
    expect(await source.isUnchanged?.()).toBeFalse();
    await readAll(source);
    expect(await source.isUnchanged?.()).toBeTrue();
    appendFileSync(dir.file("s.toml"), entry("b"));
    expect(await source.isUnchanged?.()).toBeFalse();
    expect(await readAll(source)).toHaveLength(2);
    rmSync(dir.file("s.toml"));
    expect(await source.isUnchanged?.()).toBeFalse();
  });

  test("is not what was read last when that read did not come to its end", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("s.toml"), `${entry("a")}${entry("b")}`);
    const source = sourceOf(dir.file("s.toml"));
    for await (const _ of source.read(new AbortController().signal)) break;
    expect(await source.isUnchanged?.()).toBeFalse();
  });

  test("that is broken keeps its text to itself: it may hold a secret", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("s.toml"), 'kwargs = { password = "hunter2" ');
    const error = await rejection(readAll(sourceOf(dir.file("s.toml"))));
    expect(error.message).not.toContain("hunter2");
  });
});

describe("a schedules file is refused as a whole when", () => {
  test.each<[string, string, string | Uint8Array, string]>([
    ["its TOML is broken", "s.toml", `${entry("a")}x = `, "line 6, column 5: "],
    [
      "TOML has a key twice",
      "s.toml",
      entry("a", 'id = "b"'),
      "line 5, column 1: trying to redefine",
    ],
    ["its JSON is broken", "s.json", '{"schedule": [\n{"id" 1}]}', "read JSON, line 2, column 7"],
    [
      "JSON is neither list nor object",
      "s.json",
      "7",
      'expected a list of schedules, or an object {"schedule": [ … ]}',
    ],
    ["JSON has no list", "s.json", '{"schedule": {}}', "schedule: expected a list"],
    [
      "TOML has one table",
      "s.toml",
      '[schedule]\nid = "a"',
      "schedule: expected [[schedule]] tables",
    ],
    [
      "it is no UTF-8",
      "s.toml",
      Buffer.from(`${entry("a")}# caf\xe9\n`, "latin1"),
      "line 6 is not UTF-8; save it as UTF-8",
    ],
    ["it is empty", "s.toml", "", "the file is empty; to have no schedules, leave a comment in it"],
  ])("%s", async (_, name, content, text) => {
    using dir = tempDir();
    writeFileSync(dir.file(name), content);
    const error = await rejection(readAll(sourceOf(dir.file(name))));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toStartWith(`read "${dir.file(name)}": `);
    expect(error.message).toContain(text);
  });

  test("there is none", async () => {
    const error = await rejection(readAll(sourceOf("/nowhere/s.toml")));
    expect(error).toBeInstanceOf(SourceError);
    expect(error.message).toBe('read "/nowhere/s.toml": there is no such file');
  });

  test("it is a folder, a pipe, too large, or a circle of links", async () => {
    using dir = tempDir();
    mkdirSync(dir.file("folder.toml"));
    await mustRun({ command: ["mkfifo", dir.file("pipe.toml")] });
    writeFileSync(dir.file("large.toml"), "");
    truncateSync(dir.file("large.toml"), 64 * 1024 * 1024 + 1);
    symlinkSync(dir.file("circle.toml"), dir.file("circle.toml"));
    const messageOf = async (name: string): Promise<string> =>
      (await rejection(readAll(sourceOf(dir.file(name))))).message;
    expect(await messageOf("folder.toml")).toContain("it is a folder; name the file in it");
    expect(await messageOf("pipe.toml")).toContain("it is no plain file");
    expect(await messageOf("large.toml")).toContain("larger than 67108864 bytes");
    expect(await messageOf("circle.toml")).toContain("its symbolic links lead in a circle");
  });
});

const WRITTEN_MS = 1_700_000_000_000;

function written(dir: TempDir, atMs: number): string {
  const path = dir.file("s.toml");
  writeFileSync(path, entry("a"));
  utimesSync(path, atMs / 1000, atMs / 1000);
  return path;
}

async function waitingFor(clock: FakeClock): Promise<void> {
  await eventually(() => clock.pending > 0, { what: "the file is waited for" });
}

describe("a file that has just been changed", () => {
  test("is waited for until it stands still", async () => {
    using dir = tempDir();
    const path = written(dir, WRITTEN_MS);
    const clock = new FakeClock(WRITTEN_MS + 100);
    let isSettled = false;
    const settled = settledState(path, clock, NEVER).then(() => (isSettled = true));
    await waitingFor(clock);
    await clock.advance(399);
    expect(isSettled).toBe(false);
    // Written once more in the meantime.
    utimesSync(path, WRITTEN_MS / 1000 + 0.5, WRITTEN_MS / 1000 + 0.5);
    await clock.advance(1);
    await waitingFor(clock);
    expect(isSettled).toBe(false);
    await clock.advance(500);
    await settled;
    expect(isSettled).toBe(true);
  });

  test("is not waited for when the clock of its file system is ahead", async () => {
    using dir = tempDir();
    const path = written(dir, WRITTEN_MS);
    const { writtenMs } = await settledState(path, new FakeClock(WRITTEN_MS - 1), NEVER);
    expect(writtenMs).toBe(WRITTEN_MS);
  });

  test("is not waited for at the first read", async () => {
    using dir = tempDir();
    const path = written(dir, WRITTEN_MS);
    // A wait would never end.
    const clock = realYields(new FakeClock(WRITTEN_MS + 1));
    expect(await readAll(sourceOf(path, clock))).toHaveLength(1);
  });
});

/** Watches, and gives how often it was told of a change after each second. */
function watched(source: Source, clock: FakeClock) {
  const stop = new AbortController();
  let told = 0;
  const done = source.watch(() => (told += 1), stop.signal);
  return {
    told: async (): Promise<number> => {
      await eventually(() => clock.pending > 0, { what: "the watch sleeps" });
      await clock.advance(1_000);
      await eventually(() => clock.pending > 0, { what: "the watch sleeps again" });
      return told;
    },
    end: async (): Promise<void> => {
      stop.abort(new Error("ended"));
      await done;
    },
  };
}

describe("a watched file", () => {
  test("is told of once for each change that was not read yet", async () => {
    using dir = tempDir();
    replace(dir, "s.toml", entry("a"));
    const fake = new FakeClock();
    const source = sourceOf(dir.file("s.toml"), realYields(fake));
    await readAll(source);
    const watch = watched(source, fake);
    expect(await watch.told()).toBe(0);
    replace(dir, "s.toml", entry("b"));
    expect(await watch.told()).toBe(1);
    expect(await watch.told()).toBe(1);
    await readAll(source);
    expect(await watch.told()).toBe(1);
    // Read before the watch looked: nothing to tell.
    replace(dir, "s.toml", entry("c"));
    await readAll(source);
    expect(await watch.told()).toBe(1);
    await watch.end();
  });

  test("is told of when it goes, when it comes back, and when it cannot be used", async () => {
    using dir = tempDir();
    replace(dir, "s.toml", entry("a"));
    const fake = new FakeClock();
    const source = sourceOf(dir.file("s.toml"), realYields(fake));
    await readAll(source);
    const watch = watched(source, fake);
    rmSync(dir.file("s.toml"));
    expect(await watch.told()).toBe(1);
    expect(await watch.told()).toBe(1);
    replace(dir, "s.toml", "broken = ");
    expect(await watch.told()).toBe(2);
    await rejection(readAll(source));
    expect(await watch.told()).toBe(2);
    replace(dir, "s.toml", entry("a"));
    expect(await watch.told()).toBe(3);
    await watch.end();
  });

  test("is told of when a link leads elsewhere", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("one.toml"), entry("a"));
    writeFileSync(dir.file("two.toml"), entry("b"));
    symlinkSync(dir.file("one.toml"), dir.file("s.toml"));
    const fake = new FakeClock();
    const source = sourceOf(dir.file("s.toml"), realYields(fake));
    await readAll(source);
    const watch = watched(source, fake);
    symlinkSync(dir.file("two.toml"), dir.file("new"));
    renameSync(dir.file("new"), dir.file("s.toml"));
    expect(await watch.told()).toBe(1);
    expect((await readAll(source)).map(({ id }) => id)).toEqual(["b"]);
    await watch.end();
  });
});
