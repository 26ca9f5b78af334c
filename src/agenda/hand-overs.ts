/** Claims of occurrences whose jobs the site itself enqueues; kept until it is known that it did. */
import type { Redis } from "ioredis";
import { defineScript } from "../redis/script.ts";
import type { Agenda } from "./agenda.ts";
import commonLua from "./common.lua" with { type: "text" };
import handOverLua from "./hand-over.lua" with { type: "text" };
import { readVerdict } from "./verdict.ts";

const HAND_OVER = defineScript("hand-over", commonLua + handOverLua);

/** A claim as it stands in Redis. */
export interface HandOverClaim {
  /** The occurrence, epoch seconds. */
  readonly dueSeconds: number;
  /** When it was claimed first, epoch ms: the site was not asked before. */
  readonly sinceMs: number;
  /** When it was claimed last: the site was asked right after, if at all. */
  readonly atMs: number;
  /** Who claimed it last. */
  readonly token: string;
}

/** What is claimed; see the head of hand-over.lua. */
export interface HandOverRequest {
  readonly scheduleId: string;
  readonly plannedSeconds: number;
  readonly definition: string;
  readonly dueSeconds: number;
  readonly token: string;
  /** The claim of another whose fate is known; empty for none. */
  readonly over: string;
}

const VERDICTS = ["claimed", "held", "paused", "moved", "changed"] as const;

/** What became of a claim; see the head of hand-over.lua. */
export type HandOverVerdict = (typeof VERDICTS)[number];

/** Reads a claim; null when it is none. */
function parseHandOver(text: string): HandOverClaim | null {
  const match = /^(-?\d+) (\d+) (\d+) (\S+)$/.exec(text);
  if (match === null) return null;
  const [, due, since, at, token = ""] = match;
  return { dueSeconds: Number(due), sinceMs: Number(since), atMs: Number(at), token };
}

/** The claims under one prefix. */
export class HandOvers {
  /** The hash they stand in. */
  readonly key: string;
  readonly #agenda: Agenda;
  readonly #client: Redis;

  constructor(options: { readonly agenda: Agenda; readonly client: Redis; readonly key: string }) {
    this.key = options.key;
    this.#agenda = options.agenda;
    this.#client = options.client;
  }

  /** The claim of a schedule's occurrence, or null. */
  async find(scheduleId: string): Promise<HandOverClaim | null> {
    return parseHandOver((await this.#client.hget(this.key, scheduleId)) ?? "");
  }

  /**
   * Claims an occurrence.
   *
   * @throws when Redis refused or the reply was lost; claiming the same again is harmless.
   */
  async claim(request: HandOverRequest): Promise<HandOverVerdict> {
    const { scheduleId, plannedSeconds, definition, dueSeconds, token, over } = request;
    const args = [scheduleId, plannedSeconds, definition, dueSeconds, token, over];
    const agenda = this.#agenda;
    const [text] = await agenda.run(HAND_OVER, [...agenda.stateKeys, this.key], args);
    return readVerdict("hand-over", VERDICTS, text);
  }
}
