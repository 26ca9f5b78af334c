/** One executable under two names: the name it is called by decides which side is loaded, and only that one is. */
import { basename } from "node:path";

if (basename(process.argv0).includes("daemon")) await import("./btu-daemon.ts");
else await import("./btu.ts");
