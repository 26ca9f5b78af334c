import { describe, expect, test } from "bun:test";
import type { ArgDef } from "citty";
import { aboutOf, choicesOf, hintOf } from "../../src/cli/hints.ts";

const STATES = ["queued", "started", "deferred", "finished", "failed"];

describe("what stands for a value", () => {
  test.each<[string, ArgDef, string]>([
    ["a switch", { type: "boolean" }, ""],
    ["a flag", { type: "string" }, "VALUE"],
    ["a flag with a hint", { type: "string", valueHint: "ZONE" }, "ZONE"],
    ["a word", { type: "positional" }, "SOME_ID"],
    ["a word with a hint", { type: "positional", valueHint: "SCHEDULE" }, "SCHEDULE"],
    ["few choices", { type: "enum", options: ["up", "down"] }, "up|down"],
    ["many choices", { type: "enum", options: STATES }, "SOME_ID"],
    ["a word with choices", { type: "positional", valueHint: "bash|zsh" }, "bash|zsh"],
  ])("of %s is its hint", (_, definition, hint) => {
    expect(hintOf("someId", definition)).toBe(hint);
  });

  test("is told in the description where there are many choices", () => {
    const definition: ArgDef = { type: "enum", options: STATES, description: "Only those" };
    expect(aboutOf("state", definition)).toBe(`Only those: ${STATES.join(", ")}`);
    expect(aboutOf("state", { ...definition, options: ["a", "b"] })).toBe("Only those");
  });

  test.each<[ArgDef, readonly string[] | null]>([
    [{ type: "enum", options: STATES }, STATES],
    [{ type: "positional", valueHint: "bash|zsh" }, ["bash", "zsh"]],
    [{ type: "string", valueHint: "FILE" }, null],
    [{ type: "boolean" }, null],
  ])("of %j may be chosen from %j", (definition, choices) => {
    expect(choicesOf(definition)).toEqual(choices);
  });
});
