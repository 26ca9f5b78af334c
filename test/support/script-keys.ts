/** Watches a Redis for keys that a script touches without having declared them. */
import type { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import type { RedisServer } from "./redis-server.ts";

/** A running watch; `await using watch = await watchScriptKeys(server)`. */
export interface ScriptKeys extends AsyncDisposable {
  /** Hashes of the scripts that ran so far. */
  readonly scripts: ReadonlySet<string>;
  /** Takes in all that ran before this call, and gives each undeclared use: `HSET some:key`. */
  undeclared(): Promise<readonly string[]>;
}

/** What MONITOR tells of a command that a script ran, in place of the caller's address. */
const FROM_SCRIPT = "lua";
const CALLS = new Set(["EVAL", "EVALSHA"]);
const SHA_LENGTH = 40;

/** A script's own command with the keys that its call declared. */
interface Use {
  readonly command: readonly string[];
  readonly declared: ReadonlySet<string>;
}

/** The keys of a command, as Redis itself sees them. */
async function keysOf(client: Redis, command: readonly string[]): Promise<readonly string[]> {
  // TIME: Redis does not take a command without arguments for one whose keys are asked for.
  if (command.length === 1) return [];
  const keys = await client.call("COMMAND", "GETKEYS", ...command);
  return Array.isArray(keys) ? keys.map(String) : [];
}

/** Starts it. */
export async function watchScriptKeys(server: RedisServer): Promise<ScriptKeys> {
  const client = await server.client();
  const monitor = await (await server.client()).monitor();
  const [scripts, uses] = [new Set<string>(), [] as Use[]];
  let declared: ReadonlySet<string> = new Set();
  let lastMark = "";
  monitor.on("monitor", (_time: string, args: readonly string[], source: string) => {
    const [name = "", script = "", count = "0"] = args;
    if (source === FROM_SCRIPT) {
      uses.push({ command: args, declared });
    } else if (CALLS.has(name.toUpperCase())) {
      declared = new Set(args.slice(3, 3 + Number(count)));
      if (script.length === SHA_LENGTH) scripts.add(script);
    } else if (name.toUpperCase() === "ECHO") {
      lastMark = script;
    }
  });
  return {
    scripts,
    undeclared: async () => {
      const mark = crypto.randomUUID();
      await client.echo(mark);
      await eventually(() => lastMark === mark, { what: "the monitor tells of everything" });
      const found: string[] = [];
      for (const use of uses.splice(0)) {
        for (const key of await keysOf(client, use.command)) {
          if (!use.declared.has(key)) found.push(`${use.command[0]} ${key}`);
        }
      }
      return found;
    },
    [Symbol.asyncDispose]: async () => monitor.disconnect(),
  };
}
