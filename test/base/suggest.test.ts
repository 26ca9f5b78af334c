import { describe, expect, test } from "bun:test";
import { closest, suggestion } from "../../src/base/suggest.ts";

describe("closest", () => {
  test.each([
    ["socket_pth", "socket_path"],
    ["sokcet_path", "socket_path"],
    ["RQ_HOST", "rq_host"],
    ["rqhost", "rq_host"],
  ])("finds the word meant by %p", (word, meant) => {
    expect(closest(word, ["socket_path", "rq_host", "rq_port"])).toBe(meant);
  });

  test("finds nothing when nothing is near", () => {
    expect(closest("colour", ["socket_path", "rq_host"])).toBeNull();
    expect(suggestion("colour", ["socket_path"])).toBe("");
  });
});
