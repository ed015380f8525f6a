import { statSync } from 'node:fs';
import { join } from 'node:path';
import { GB } from '../../src/base/units.ts';
import { TARGETS } from '../../install/targets.ts';
import type { Measurement } from './report.ts';

const FOLDER = join('dist', 'release');
/** For the system that most workers run on. */
const GOALS_MB: Readonly<Record<string, number>> = { 'x86_64-unknown-linux-gnu': 60 };

/** Sizes of the archives that `bun run dist` left, which takes too long to be part of this; of none where there is no release. */
export function measureArchives(): Promise<readonly Measurement[]> {
  const measurements = TARGETS.flatMap(({ triple, archive }): readonly Measurement[] => {
    const sizeBytes = statSync(join(FOLDER, archive), { throwIfNoEntry: false })?.size;
    if (sizeBytes === undefined) return [];
    const atMost = GOALS_MB[triple];
    const goal = atMost === undefined ? {} : { goal: { atMost } };
    return [{ name: `archive \`${archive}\``, unit: 'MB', measured: (1000 * sizeBytes) / GB, ...goal }];
  });
  return Promise.resolve(measurements);
}
