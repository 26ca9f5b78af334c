/** SIGKILL at random moments: nothing is missing, nothing doubled. */
import { realDelay } from "../support/eventually.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { openField } from "./field.ts";
import { makePeriodic } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";

const KILLS = IS_FULL ? 200 : 6;
const SCHEDULES = 2_000;
const PERIODS = [3, 4, 5, 6, 10];

/** Killed within this, a daemon is still starting. */
const STARTING_MS = 300;
/** A killed leader's lease ends within 2.5 s; after that its follower is at work. */
const LEADING_FROM_MS = 2_400;
const LEADING_TO_MS = 4_500;
/** Most of the work is done in these first milliseconds of a second. */
const BUSY_MS = 40;

/** How long the next daemon may live: into its start, into its catching up, or to the busy part of some second. */
function lifeMs(chance: Chance): number {
  if (chance.isLikely(0.2)) return chance.between(0, STARTING_MS);
  const life = chance.between(LEADING_FROM_MS, LEADING_TO_MS);
  if (chance.isLikely(0.4)) return life;
  const intoSecond = (Date.now() + life) % 1000;
  return life + 1000 - intoSecond + chance.between(0, BUSY_MS);
}

faultTest(`${KILLS} kills under ${SCHEDULES} schedules`, async (chance) => {
  await using field = await openField(makePeriodic(SCHEDULES, PERIODS));
  for (let kill = 0; kill < KILLS; kill += 1) {
    await using daemon = await field.start({ dir: field.dir, waitForPing: false });
    await realDelay(lifeMs(chance));
    await daemon.kill();
  }
  await using last = await field.start({ dir: field.dir });
  await field.caughtUp();
  await last.stop();
  const { placed, late, audit } = await mustBeWhole(field.client, field);
  return `${placed} jobs placed (${late} late), ${audit.missing} missing, ${audit.doubled} doubled`;
});
