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

/** Memory after `many` jobs less the memory after `few`: what jobs leave behind. */
export async function measureGrowth(kind: JobKind, few: number, many: number): Promise<readonly Measurement[]> {
  await using studio = startTimedStudio();
  await using taker = await startTaker(studio, 'worker');
  await studio.exchanges(kind, few);
  const early = await rssMb(taker.pid);
  await studio.exchanges(kind, many - few);
  const late = await rssMb(taker.pid);
  const what = kind === 'json' ? 'JSON jobs' : 'image jobs of 64 × 64';
  return [
    { name: `memory (RSS) after ${count(few)} ${what}`, unit: 'MB', measured: early },
    {
      name: `growth from there to ${count(many)} ${what}`,
      unit: 'MB',
      measured: late - early,
      goal: { atMost: NO_SLOPE_MB },
    },
  ];
}

const count = (jobs: number): string => jobs.toLocaleString('en');

async function rssMb(pid: number): Promise<number> {
  await Bun.sleep(SETTLE_MS);
  const looks: number[] = [];
  while (looks.length < LOOKS) {
    await Bun.sleep(BETWEEN_LOOKS_MS);
    looks.push(usageOf(pid).rssBytes / MB);
  }
  return median(looks);
}
