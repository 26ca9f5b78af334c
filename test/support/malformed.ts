/** Messages that no sender with good intent would send, the same ones for the same seed. */

/** Kinds of malformed messages; `endless` ones are never whole. */
type Kind = (random: Random) => Buffer;

/** Numbers below a bound, the same ones for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number {
    // Xorshift: three shifts, no library.
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }
}

const TYPES = ["ping", "create_task_schedule", "run", "pause", "history", "tea", "", "💥"] as const;
const VALUES = [
  null,
  7,
  -0,
  1e308,
  true,
  "TS-1",
  "",
  "\u0000",
  "x".repeat(300),
  [],
  [[[]]],
  {},
  { schedule: {} },
] as const;

function bytes(length: number, random: Random): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random.below(256)));
}

/** Well-formed JSON of the wrong shape. */
function misshapen(random: Random): Buffer {
  const message: Record<string, unknown> = {
    request_type: random.pick<unknown>([random.pick(TYPES), random.pick(VALUES)]),
    request_content: random.pick(VALUES),
    response_key: random.pick<unknown>(["rq:queue:default", "btu:scheduler:rpc", ...VALUES]),
    sent_ms: random.pick(VALUES),
    id: random.pick<unknown>([{}, [], true, "y".repeat(500)]),
  };
  for (const key of Object.keys(message)) if (random.below(4) === 0) delete message[key];
  return Buffer.from(JSON.stringify(message));
}

function truncated(random: Random): Buffer {
  const whole = '{"request_type": "create_task_schedule", "request_content": "TS-\\ud83d\\ude80"}';
  return Buffer.from(whole.slice(0, random.below(whole.length)));
}

/** One byte of a sound message is another one. */
function flipped(random: Random): Buffer {
  const message = Buffer.from('{"request_type": "create_task_schedule", "request_content": 7}');
  message[random.below(message.length)] = random.below(256);
  return message;
}

const KINDS: readonly [Kind, ...Kind[]] = [
  misshapen,
  misshapen,
  truncated,
  flipped,
  (random) => bytes(random.below(400), random),
  (random) => Buffer.from("{".repeat(random.below(3_000))),
  (random) => Buffer.from(`{"request_type":${"[".repeat(random.below(3_000))}`),
  (random) => Buffer.from(`{"a":`.repeat(random.below(1_000)) + "}".repeat(random.below(1_000))),
  (random) => Buffer.from(`{"request_type": "${"x".repeat(random.below(3_000))}`),
  () => Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80]),
  (random) => Buffer.from(" \n\t".repeat(random.below(500))),
];

/** One malformed message; every 500th is huge. */
export function malformed(random: Random): Buffer {
  if (random.below(500) === 0)
    return Buffer.alloc(70_000 + random.below(500_000), random.pick(["{", '"', "a", "\0"]));
  return random.pick(KINDS)(random);
}
