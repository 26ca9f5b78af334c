import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist/man", { recursive: true });
writeFileSync("dist/man/btu.1", ".TH BTU 1\n");
writeFileSync("dist/man/btu-daemon.8", ".TH BTU-DAEMON 8\n");
