/** Builders that tell whether a call is on its way: real requests take real time, which a fake clock knows nothing of. */
import type { Builder } from "../../src/job/builder.ts";

/** Wraps builders, each always in the same way. */
export class BuilderCounter {
  readonly #wrapped = new Map<Builder, Builder>();
  #pending = 0;

  /** How many calls are on their way. */
  get pending(): number {
    return this.#pending;
  }

  wrap(builder: Builder): Builder {
    const known = this.#wrapped.get(builder);
    if (known !== undefined) return known;
    const { kind, aheadSeconds, concurrency, handOver } = builder;
    const wrapped: Builder = {
      kind,
      aheadSeconds,
      concurrency,
      build: (wish, signal) => this.#count(builder.build(wish, signal)),
      handOver: handOver && {
        post: (schedule, signal) => this.#count(handOver.post(schedule, signal)),
        find: (request, signal) => this.#count(handOver.find(request, signal)),
      },
    };
    this.#wrapped.set(builder, wrapped);
    return wrapped;
  }

  async #count<T>(call: Promise<T>): Promise<T> {
    this.#pending += 1;
    try {
      return await call;
    } finally {
      this.#pending -= 1;
    }
  }
}
