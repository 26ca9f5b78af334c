import { describe, expect, test } from "bun:test";
import { Later } from "../../src/base/later.ts";

describe("Later", () => {
  test("makes one for all who ask, and none before", async () => {
    let made = 0;
    const later = new Later(async () => {
      made += 1;
      return made;
    });
    expect(made).toBe(0);
    expect(await Promise.all([later.get(), later.get()])).toEqual([1, 1]);
    expect(await later.get()).toBe(1);
  });

  test("tries again for the next who asks", async () => {
    const answers = [Promise.reject(new Error("no certificate")), Promise.resolve("pool")];
    const later = new Later(() => answers.shift() ?? Promise.resolve("another"));
    expect(await later.get().catch(String)).toBe("Error: no certificate");
    expect(await later.get()).toBe("pool");
  });

  test("gives away what was made, and makes another", async () => {
    let made = 0;
    const later = new Later(async () => {
      made += 1;
      return made;
    });
    expect(await later.remove()).toBeNull();
    await later.get();
    expect(await later.remove()).toBe(1);
    expect(await later.get()).toBe(2);
  });
});
