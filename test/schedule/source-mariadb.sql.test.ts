import { afterAll, beforeAll, describe } from "bun:test";
import { readSomeContract, sourceContract } from "./source-contract.ts";
import { sqlContract } from "./sql-contract.ts";
import { mariadbKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";
import { sqlPlace } from "./sql-place.ts";

sqlContract("MariaDB", mariadbKit);

describe("a site", () => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await mariadbKit();
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  sourceContract("MariaDB", () => sqlPlace(kit));
  readSomeContract("MariaDB", () => sqlPlace(kit));
});
