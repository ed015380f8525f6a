import type { StudioEffects } from '../../../src/local-studio/serve.ts';
import { nextTurn, systemClock } from '../../../src/system/clock.ts';
import { openPostgres } from '../../../src/system/database/postgres.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { sha256, startSha256 } from '../../../src/system/disk/digest.ts';
import { openBucket } from '../../../src/system/net/objects/object-store.ts';
import { serve } from '../../../src/system/net/server.ts';
import { systemRandom } from '../../../src/system/random.ts';

/** The real ones, as `compose` hands them to a studio. */
export const studioEffects: StudioEffects = {
  clock: systemClock,
  random: systemRandom,
  sha256,
  startSha256,
  nextTurn,
  openDataFolder,
  openPostgres,
  openBucket,
  serve,
};
