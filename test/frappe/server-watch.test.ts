import { describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { FrappeError } from "../../src/frappe/errors.ts";
import type { FrappeFault } from "../../src/frappe/errors.ts";
import { isServerAway, ServerWatch } from "../../src/frappe/server-watch.ts";
import { FakeClock } from "../support/fake-clock.ts";

function fault(kind: FrappeFault): FrappeError {
  return new FrappeError(`it is ${kind}`, { kind, transient: true });
}

function setup() {
  const clock = new FakeClock();
  return { clock, watch: new ServerWatch("http://site", { clock, log: silentLog }) };
}

const AWAY: readonly FrappeFault[] = [
  "unreachable",
  "timeout",
  "gateway",
  "maintenance",
  "rate-limited",
];

describe("ServerWatch", () => {
  test.each([...AWAY])("turns calls away for a second after a fault of kind %s", async (kind) => {
    const { clock, watch } = setup();
    const away = fault(kind);
    watch.afterCall(away);
    expect(() => watch.beforeCall()).toThrow(away);
    await clock.advance(1_000);
    expect(() => watch.beforeCall()).not.toThrow();
  });

  test("leaves a server alone for as long as it asks, and no longer", async () => {
    const { clock, watch } = setup();
    const parts = { kind: "rate-limited", transient: true, retryAfterMs: 30_000 } as const;
    watch.afterCall(new FrappeError("too many", parts));
    await clock.advance(29_999);
    expect(() => watch.beforeCall()).toThrow("too many");
    await clock.advance(1);
    expect(() => watch.beforeCall()).not.toThrow();
  });

  test("lets one call ask at a time, while the others are turned away", async () => {
    const { clock, watch } = setup();
    watch.afterCall(fault("gateway"));
    await clock.advance(1_000);
    watch.beforeCall();
    expect(() => watch.beforeCall()).toThrow("it is gateway");
  });

  test("lets every call through as soon as one was answered", () => {
    const { watch } = setup();
    watch.afterCall(fault("gateway"));
    watch.afterCall(null);
    expect(() => watch.beforeCall()).not.toThrow();
    expect(watch.problem).toBeNull();
  });

  test("takes a no for an answer: the server is there", () => {
    const { watch } = setup();
    watch.afterCall(fault("gateway"));
    expect(watch.problem).toBe("it is gateway");
    watch.afterCall(fault("not-found"));
    expect(watch.problem).toBeNull();
    expect(() => watch.beforeCall()).not.toThrow();
  });
});

describe("isServerAway", () => {
  test("finds the fault behind other errors", () => {
    const error = new Error("build a job", { cause: fault("timeout") });
    expect(isServerAway(error)).toBe(true);
    expect(isServerAway(new Error("build a job", { cause: fault("not-found") }))).toBe(false);
    expect(isServerAway("thrown text")).toBe(false);
  });
});
