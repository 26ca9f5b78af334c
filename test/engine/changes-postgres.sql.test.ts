import { postgresKit } from "../schedule/sql-kit.ts";
import { changesContract } from "./changes-contract.ts";

changesContract("PostgreSQL", postgresKit);
