import { drawImage, RGB } from '../../src/engines/synthetic/image.ts';
import { sha256 } from '../../src/system/disk/digest.ts';
import { createImages } from '../../src/system/native/sharp-images.ts';
import { rssMb } from './growth.ts';
import { startTaker } from './programs.ts';
import type { Measurement } from './report.ts';
import { median, percentile } from './statistics.ts';
import { startTimedStudio } from './timed-studio.ts';
import { PROMPT, USUAL_SIDE_PX } from './wire.ts';

export interface ImageSizes {
  readonly jobs: number;
  /** How long the worker is left alone before its memory is looked at. */
  readonly restMs: number;
}

const WARM_UP = 5;
const JSON_JOBS = 300;

/** An image as it is usually asked for, beside its three parts in one process; and what a burst of them leaves behind. */
export async function measureImages({ jobs, restMs }: ImageSizes): Promise<readonly Measurement[]> {
  await using studio = startTimedStudio();
  await using taker = await startTaker(studio, 'worker');
  const idle = await rssMb(taker.pid);
  await studio.exchanges('json', JSON_JOBS);
  await studio.exchanges('picture', WARM_UP);
  const tookMs: number[] = [];
  while (tookMs.length < jobs) tookMs.push((await studio.exchange('picture')).doneMs);
  await Bun.sleep(restMs);
  const rested = await rssMb(taker.pid);
  const what = `image job ${USUAL_SIDE_PX} × ${USUAL_SIDE_PX}, WebP`;
  const limit = { what: 'drawn, written and read in one process', measured: await partsMs(jobs) };
  return [
    { name: `${what}, p50`, unit: 'ms', measured: median(tookMs), limit, goal: { atMost: 30 } },
    { name: `${what}, p99`, unit: 'ms', measured: percentile(tookMs, 0.99) },
    {
      name: `memory above idle, a minute after ${JSON_JOBS} JSON and ${jobs} image jobs`,
      unit: 'MB',
      measured: rested - idle,
      goal: { atMost: 10 },
    },
  ];
}

/** What the work itself takes where nothing is sent, checked twice or kept. */
async function partsMs(times: number): Promise<number> {
  const images = createImages({ native: { unpack: () => Promise.resolve(undefined) } });
  const size = { width: USUAL_SIDE_PX, height: USUAL_SIDE_PX };
  const tookMs: number[] = [];
  for (let at = 0; at < times + WARM_UP; at++) {
    const since = performance.now();
    const pixels = await drawImage(sha256(PROMPT), size, () => Promise.resolve());
    await images.decode(await images.encode({ ...size, pixels, channels: RGB, format: 'webp' }));
    tookMs.push(performance.now() - since);
  }
  return median(tookMs.slice(WARM_UP));
}
