import { mariadbKit } from "../schedule/sql-kit.ts";
import { changesContract } from "./changes-contract.ts";

changesContract("MariaDB", mariadbKit);
