import { afterAll, expect } from 'bun:test';
import { pause } from '../../../src/base/pause.ts';
import type { Random } from '../../../src/system/random.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { DAY_MS } from '../../../src/base/units.ts';
import { openBucketArtifacts } from '../../../src/local-studio/storage/bucket-artifacts.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { aTask, anLlmTask, synthetic } from '../../fakes/builders.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { faultsIn, readLedger } from './chaos/ledger.ts';
import { type ChaosScene, startChaos } from './chaos/scene.ts';

/** Of a check; `STUDIO_WORKER_CHAOS_SECONDS` asks for longer, with a seed of its own each time. */
const CHECK = { seed: 20_261_128, seconds: 12 } as const;
const SIZES = { studios: 3, lightWorkers: 18, realWorkers: 2 } as const;
const JOBS_A_ROUND = 8;
const ROUND_MS = 600;
/** What is still under way when all is well again has this long: an open offer, or a stale socket and its grace. */
const CALM_MS = 75_000;

const wanted = process.env['STUDIO_WORKER_CHAOS_SECONDS'];
const seconds = wanted === undefined ? CHECK.seconds : Number(wanted);
const seed = Number(
  process.env['STUDIO_WORKER_CHAOS_SEED'] ?? (wanted === undefined ? CHECK.seed : Math.floor(Math.random() * 2 ** 31)),
);

/** What goes wrong, one after the other, in an order of chance. */
const FAULTS: Readonly<Record<string, (scene: ChaosScene, random: Random) => unknown>> = {
  'lines are cut': ({ line }) => line.cut(0.5),
  'lines are half-open': ({ line }) => line.freeze(0.3),
  'lines are slow': ({ line }, random) => line.delay(random.unit() * 100),
  'the store is busy': ({ store }) => store.trouble(['SlowDown', 'ServiceUnavailable'], 0.4),
  'the store is slow': ({ store }) => store.trouble(['slow body'], 0.5),
  'the store answers into nothing': ({ store }) => store.trouble(['lost answer'], 0.3),
  'the database restarts': ({ database }) => database.restart(),
  'the database crashes': ({ database }) => database.crash(),
  'a studio is killed': (scene, random) => scene.restartStudio(Math.floor(random.unit() * SIZES.studios)),
};

const story: string[] = [];
afterAll(() => {
  if (story.length > 0) console.error(`STUDIO_WORKER_CHAOS_SEED=${seed}: ${story.join(', ')}`);
});

needs(POSTGRES)(
  'whatever breaks, every job ends once with the result that was acknowledged',
  async () => {
    const random = fakeRandom(seed);
    await using scene = await startChaos(SIZES, seed);
    const created = await breakThings(scene, random);
    scene.line.delay(0);
    scene.store.trouble([], 0);
    await ended(scene);
    const diaries = await scene.stopWorkers();
    expect(faultsIn(created, await readLedger(scene), diaries, scene.realWorkers)).toEqual([]);
    expect(await sweptUploads(scene)).toEqual([]);
    story.length = 0;
  },
  (seconds + 90) * 1_000 + CALM_MS,
);

/** Creates jobs while things break; the ids of those that were answered for. */
async function breakThings(scene: ChaosScene, random: Random): Promise<readonly string[]> {
  const created: string[] = [];
  const until = systemClock.elapsed() + seconds * 1_000;
  let next: string[] = [];
  while (systemClock.elapsed() < until) {
    created.push(...(await createJobs(scene, random)));
    if (next.length === 0) next = Object.keys(FAULTS).toSorted(() => random.unit() - 0.5);
    const name = next.pop() ?? '';
    story.push(name);
    await FAULTS[name]?.(scene, random);
    await pause(systemClock, random.unit() * ROUND_MS);
  }
  return created;
}

async function createJobs({ studios }: ChaosScene, random: Random): Promise<readonly string[]> {
  const anImage = { ...aTask({ kind: 'image', prompt: 'a fox' }), width: 64, height: 64 };
  const ids = Array.from({ length: JOBS_A_ROUND }, async (_, at) => {
    const studio = studios[Math.floor(random.unit() * studios.length)];
    const task = at % 2 === 0 ? anLlmTask() : anImage;
    const answer = await studio?.call('POST', '/admin/jobs', { task, modelSource: synthetic });
    return answer?.ok === true ? ((await answer.json()) as { id: string }).id : undefined;
  });
  return (await Promise.all(ids)).flatMap((id) => id ?? []);
}

async function ended(scene: ChaosScene): Promise<void> {
  const until = systemClock.elapsed() + CALM_MS;
  for (;;) {
    const open = (await readLedger(scene)).filter(({ state }) => !['completed', 'failed'].includes(state));
    if (open.length === 0) return;
    if (systemClock.elapsed() > until) throw new Error(`these did not end: ${JSON.stringify(open)}`);
    await pause(systemClock, 250);
  }
}

/** The multipart uploads that are open in the store after a studio's sweep, as a day later. */
async function sweptUploads({ store, place }: ChaosScene): Promise<readonly string[]> {
  const { openBucket, clock, random, startSha256 } = studioEffects;
  const bucket = openBucket(place, clock);
  const parts = { bucket, prefix: place.prefix, shownUrl: 'the store', random, startSha256, redirects: false };
  await (await openBucketArtifacts(parts)).sweep(Date.now() + DAY_MS);
  return [...store.openUploads.keys()];
}
