import { afterAll, beforeAll, describe } from "bun:test";
import { readSomeContract, sourceContract } from "./source-contract.ts";
import { sqlContract } from "./sql-contract.ts";
import { postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";
import { sqlPlace } from "./sql-place.ts";

sqlContract("PostgreSQL", postgresKit);

describe("a site", () => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await postgresKit();
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  sourceContract("PostgreSQL", () => sqlPlace(kit));
  readSomeContract("PostgreSQL", () => sqlPlace(kit));
});
