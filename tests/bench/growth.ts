import { startTaker } from './programs.ts';
import { usageOf } from './processes.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';
import { startTimedStudio } from './timed-studio.ts';
import type { JobKind } from './wire.ts';

/**
 * Memory is looked at when the garbage of the last jobs had time to go: the runtime gives pages back within ten idle
 * seconds, and before that a look falls anywhere on a sawtooth of 15 MB.
 */
const SETTLE_MS = 10_000;
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 400;
const MB = 1e6;
/** As much as two looks at the same idle worker differ by. */
const NO_SLOPE_MB = 3;

/** Three looks: the heap finds its size between the first and the second, so a slope shows between the last two. */
export type Looks = readonly [early: number, middle: number, late: number];

/** What jobs leave behind in memory. */
export async function measureGrowth(kind: JobKind, looks: Looks): Promise<readonly Measurement[]> {
  await using studio = startTimedStudio();
  await using taker = await startTaker(studio, 'worker');
  let done = 0;
  async function after(jobs: number): Promise<number> {
    await studio.exchanges(kind, jobs - done);
    done = jobs;
    return await rssMb(taker.pid);
  }
  const [early, middle, late] = looks;
  const [first, second, third] = [await after(early), await after(middle), await after(late)];
  const what = kind === 'json' ? 'JSON jobs' : 'image jobs of 64 × 64';
  const grown = (from: number, to: number): string => `growth from ${count(from)} to ${count(to)} ${what}`;
  return [
    { name: `memory (RSS) after ${count(early)} ${what}`, unit: 'MB', measured: first },
    { name: grown(early, middle), unit: 'MB', measured: second - first },
    { name: grown(middle, late), unit: 'MB', measured: third - second, goal: { atMost: NO_SLOPE_MB } },
  ];
}

const count = (jobs: number): string => jobs.toLocaleString('en');

/** Of one process, at rest. */
export async function rssMb(pid: number): Promise<number> {
  await Bun.sleep(SETTLE_MS);
  const seen: number[] = [];
  while (seen.length < LOOKS) {
    await Bun.sleep(BETWEEN_LOOKS_MS);
    seen.push(usageOf(pid).rssBytes / MB);
  }
  return median(seen);
}
