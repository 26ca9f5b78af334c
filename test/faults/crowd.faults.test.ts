/** Three daemons on one Redis, killed, frozen and cut off at random: nothing is missing, nothing doubled. */
import type { Daemon } from "../support/daemon.ts";
import { realDelay } from "../support/eventually.ts";
import { atMessage, FaultProxy } from "../support/fault-proxy.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { openField } from "./field.ts";
import type { Field } from "./field.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";

const DAEMONS = 3;
const FAULTS = IS_FULL ? 400 : 24;
const SCHEDULES = 2_000;
const PERIODS = [3, 4, 5, 6, 10];
/** Between two faults. */
const PAUSE_MS = [100, 1_200] as const;
/** Long enough to outlive a lease. */
const FROZEN_MS = [50, 5_000] as const;
const SILENT_MS = [50, 3_000] as const;
const DELAY_MS = [500, 4_000] as const;
/** The leader has most to break. */
const LEADER_SHARE = 0.6;
/** Some of the next messages from here is struck. */
const WITHIN_MESSAGES = 12;

/** One of the daemons, with its own way to Redis. */
class Member implements AsyncDisposable {
  readonly #field: Field;
  readonly proxy: FaultProxy;
  readonly #dir: TempDir = tempDir();
  #daemon: Daemon | null = null;
  /** What a fault ends with, when its time is over. */
  #mend: Promise<void> = Promise.resolve();

  private constructor(field: Field, proxy: FaultProxy) {
    this.#field = field;
    this.proxy = proxy;
  }

  static async start(field: Field): Promise<Member> {
    const member = new Member(
      field,
      await FaultProxy.start({ target: field.redis, protocol: "redis" }),
    );
    await member.revive();
    return member;
  }

  async revive(): Promise<void> {
    const options = { dir: this.#dir, port: this.proxy.port, waitForPing: false };
    this.#daemon = await this.#field.start(options);
  }

  get daemon(): Daemon {
    if (this.#daemon === null) throw new Error("it was not started");
    return this.#daemon;
  }

  /** Mends the fault after this time; faults of one member do not overlap. */
  mendAfter(delayMs: number, mend: () => Promise<void> | void): void {
    this.#mend = realDelay(delayMs).then(mend);
  }

  mended(): Promise<void> {
    return this.#mend;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.daemon.child.signal("SIGCONT");
    await this.daemon.kill();
    await this.proxy[Symbol.asyncDispose]();
    this.#dir[Symbol.dispose]();
  }
}

type Fault = (member: Member, chance: Chance) => Promise<void> | void;

function strike(verdict: "cut-before" | "cut-half" | "cut-after", wanted = /./): Fault {
  return ({ proxy }, chance) => {
    const number = 1 + Math.floor(chance.between(0, WITHIN_MESSAGES));
    proxy.judge(atMessage(number, verdict, ({ name }) => wanted.test(name)));
  };
}

const FAULTS_BY_NAME: Readonly<Record<string, Fault>> = {
  kill: async (member) => {
    await member.daemon.kill();
    await member.revive();
  },
  "kill, away for a while": async (member, chance) => {
    await member.daemon.kill();
    member.mendAfter(chance.between(...FROZEN_MS), () => member.revive());
  },
  term: async (member) => {
    await member.daemon.stop();
    await member.revive();
  },
  freeze: (member, chance) => {
    member.daemon.child.signal("SIGSTOP");
    member.mendAfter(chance.between(...FROZEN_MS), () => member.daemon.child.signal("SIGCONT"));
  },
  "script done, reply lost": strike("cut-after", /^EVAL/),
  "any reply lost": strike("cut-after"),
  "cut before": strike("cut-before"),
  "cut half-way": strike("cut-half"),
  "half of a script": strike("cut-half", /^EVAL/),
  "replies delayed": (member, chance) => {
    const delayReplyMs = chance.between(...DELAY_MS);
    member.proxy.judge(atMessage(1, { delayReplyMs }));
    member.mendAfter(chance.between(...SILENT_MS), () => member.proxy.passAll());
  },
  "replies held": (member, chance) => {
    member.proxy.judge(atMessage(1, "hold-reply", ({ name }) => name.startsWith("EVAL")));
    member.mendAfter(chance.between(...SILENT_MS), () => member.proxy.passAll());
  },
  "messages held": (member, chance) => {
    member.proxy.judge(atMessage(1, "hold", ({ name }) => name.startsWith("EVAL")));
    member.mendAfter(chance.between(...SILENT_MS), () => member.proxy.passAll());
  },
  "all cut": ({ proxy }) => proxy.cutAll(),
  refused: async (member, chance) => {
    await member.proxy.refuse();
    member.mendAfter(chance.between(...SILENT_MS), () => member.proxy.accept());
  },
};

async function victim(field: Field, members: readonly Member[], chance: Chance): Promise<Member> {
  const leader = (await field.client.get("btu_scheduler:leader")) ?? "";
  const isLeader = ({ daemon }: Member): boolean => leader.includes(`:${daemon.child.pid}:`);
  const leading = chance.isLikely(LEADER_SHARE) ? members.find(isLeader) : undefined;
  return leading ?? chance.pick(members);
}

faultTest(
  `${DAEMONS} daemons and ${FAULTS} faults under ${SCHEDULES} schedules`,
  async (chance) => {
    await using field = await openField(makePeriodic(SCHEDULES, PERIODS));
    await using stack = new AsyncDisposableStack();
    const members: Member[] = [];
    for (let index = 0; index < DAEMONS; index += 1) {
      members.push(stack.use(await Member.start(field)));
    }
    await field.caughtUp();
    const done = new Map<string, number>();
    for (let count = 0; count < FAULTS; count += 1) {
      const member = await victim(field, members, chance);
      const name = chance.pick(Object.keys(FAULTS_BY_NAME));
      await member.mended();
      await FAULTS_BY_NAME[name]?.(member, chance);
      done.set(name, (done.get(name) ?? 0) + 1);
      await realDelay(chance.between(...PAUSE_MS));
    }
    for (const member of members) {
      await member.mended();
      member.proxy.passAll();
    }
    await field.caughtUp();
    await Promise.all(members.map((member) => member.daemon.stop()));
    const { placed, late, audit } = await mustBeWhole(field.client, field);
    return `${placed} jobs placed (${late} late), ${audit.missing} missing, ${audit.doubled} doubled; ${JSON.stringify(Object.fromEntries(done))}`;
  },
);
