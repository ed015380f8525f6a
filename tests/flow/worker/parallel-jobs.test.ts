import { expect, setDefaultTimeout } from 'bun:test';
import { toJobId } from '../../../src/base/ids.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import type { ReadOutboundFrame } from '../../../src/contract/frames/outbound.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { anLlmTask, aTask } from '../../fakes/builders.ts';
import { ScriptedEngine, type ScriptedRun } from '../../fakes/engines/scripted-engine.ts';
import type { FakeStudio, FakeStudioOptions } from '../../fakes/studio/fake-studio.ts';
import { machineWithGpus } from '../../fakes/system/nvidia-smi.ts';
import { needs, POSIX } from '../../needs.ts';
import { type LocalWorker, setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/*
 * A worker with four GPUs, as a stand-in of the driver's program lists them, and an engine that computes on them: several
 * jobs of one studio at once, over a real socket, and whatever may come between.
 */

const onPosix = needs(POSIX);

const anImage = aTask({ kind: 'image', prompt: 'a fox' });
const PICTURE = { is: 'artifact', bytes: Uint8Array.of(1, 2, 3), ext: 'webp' } as const;

/** Without one a second copy of a model is not risked on another GPU. */
const ESTIMATE = { vramGbEstimate: 4 };

type StudioChoice = Pick<FakeStudioOptions, 'maxParallelJobs' | 'withoutResume'>;

async function setup(studio: StudioChoice = {}) {
  const machine = await machineWithGpus(4);
  const engine = new ScriptedEngine();
  engine.memory = 'gpu';
  const scene = await setupScene({ engines: [engine], gpus: machine.gpus, studio, config: { vram_threshold_gb: 24 } });
  const { worker } = scene;
  await worker.until('four GPUs', () => worker.composed.machine.memory()?.report.gpus.length === 4);
  return {
    ...scene,
    engine,
    [Symbol.asyncDispose]: async () => {
      await scene[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** Queues these many jobs, and returns them once all of them run. */
async function running(
  { studio, engine }: { readonly studio: FakeStudio; readonly engine: ScriptedEngine },
  count: number,
  task: Task = anLlmTask(),
): Promise<{ readonly ids: readonly string[]; readonly runs: readonly ScriptedRun[] }> {
  const jobs = await Promise.all(Array.from({ length: count }, () => studio.createJob(task, ESTIMATE)));
  const runs: ScriptedRun[] = [];
  while (runs.length < count) runs.push(await engine.started());
  for (const { id } of jobs) await studio.jobIs(id, 'running');
  return { ids: jobs.map(({ id }) => id), runs };
}

const completionsOf = ({ events }: FakeStudio): string[] =>
  events.flatMap((event) => (event.is === 'moved' && event.to === 'completed' ? [event.jobId] : [])).toSorted();

async function isLost(worker: LocalWorker): Promise<void> {
  await worker.until('a lost socket', () => worker.status().session.at === 'backing-off');
}

const heartbeats = ({ frames }: FakeStudio) =>
  frames.filter((frame): frame is ReadOutboundFrame & { type: 'heartbeat' } => frame.type === 'heartbeat');

onPosix('four GPUs serve four jobs at once, a fifth after one of them', async () => {
  await using scene = await setup();
  const { studio, worker, engine } = scene;
  const { ids, runs } = await running(scene, 4);
  expect(engine.loads.map(({ device }) => device?.uuid).toSorted()).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3']);
  expect(new Set(worker.status().runningJobs.map(({ jobId }) => jobId))).toEqual(new Set(ids.map(toJobId)));

  const fifth = await studio.createJob(anLlmTask(), ESTIMATE);
  worker.clock.skip(5_000);
  await studio.next('heartbeat');
  expect((await studio.job(fifth.id)).state).toBe('queued');
  runs[0]?.finish();
  const last = await engine.started();
  expect(await studio.jobIs(fifth.id, 'running')).toMatchObject({ attempts: 1 });
  for (const run of [...runs, last]) run.finish();
  for (const id of [...ids, fifth.id]) expect(await studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  expect(studio.frames.filter(({ type }) => type === 'reject')).toEqual([]);
});

onPosix('a heartbeat that names four jobs is measured once', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4);
  const acks: WorkerEvent[] = [];
  using _following = worker.composed.events.subscribe((event) => void (event.is === 'heartbeat' && acks.push(event)));
  worker.clock.skip(5_000);
  await worker.until('an ack', () => acks.length > 0);
  for (const run of runs) run.finish(); // what is acknowledged comes behind the other answers
  for (const id of ids) await studio.jobIs(id, 'completed');
  await worker.done();
  for (const ack of acks) expect(ack).toEqual({ is: 'heartbeat', roundTripMs: expect.any(Number) as number });
});

onPosix('a studio of the bare contract has one job in flight at a time', async () => {
  await using scene = await setup({ maxParallelJobs: 1 });
  const { studio, worker, engine } = scene;
  const jobs = await Promise.all([1, 2, 3, 4].map(() => studio.createJob(anLlmTask(), ESTIMATE)));
  for (const _job of jobs) {
    const run = await engine.started();
    expect(worker.status().runningJobs).toHaveLength(1);
    run.finish();
  }
  for (const { id } of jobs) await studio.jobIs(id, 'completed');
  for (const beat of heartbeats(studio)) {
    expect(beat.currentJobIds).toBeUndefined();
    expect(beat.capabilities.maxParallelJobs).toBeUndefined();
  }
});

onPosix('four jobs outlive a drop, and each result comes in once', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4);
  studio.cut(worker.id);
  await isLost(worker);
  for (const run of runs.slice(0, 2)) run.finish(); // while there is no socket
  await worker.until('two results on the disk', () => worker.status().outbox.count === 2);
  await worker.live();
  for (const run of runs.slice(2)) run.finish();
  for (const id of ids) expect(await studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  await worker.done();
  expect(completionsOf(studio)).toEqual(ids.toSorted());
  expect(studio.log.find('session.refused')).toBeUndefined();
});

onPosix('four uploads outlive a drop, and each picture comes in once', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4, anImage);
  studio.cut(worker.id);
  await isLost(worker);
  for (const run of runs) run.finish(PICTURE);
  await worker.live();
  for (const id of ids) expect(await studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  await worker.done();
  expect(completionsOf(studio)).toEqual(ids.toSorted());
});

onPosix('without resume four jobs are done again, and each completes once', async () => {
  await using scene = await setup({ withoutResume: true });
  const { studio, worker, engine } = scene;
  const { ids, runs } = await running(scene, 4);
  studio.cut(worker.id);
  await isLost(worker);
  await worker.live();
  for (const run of runs) run.finish();
  void (async () => {
    for (;;) (await engine.started()).finish();
  })();
  await worker.done();
  for (let beat = 0; beat < 4; beat++) worker.clock.skip(5_000);
  for (const id of ids) await studio.jobIs(id, 'completed');
  await worker.done();
  expect(completionsOf(studio)).toEqual(ids.toSorted());
  expect(studio.log.find('session.refused')).toBeUndefined();
});

onPosix('results that wait on the disk are claimed together by the next process', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4);
  studio.cut(worker.id);
  await isLost(worker);
  for (const run of runs) run.finish();
  await worker.until('four results on the disk', () => worker.status().outbox.count === 4);
  worker.signal();
  expect(await worker.ended).toBe(0);
  const next = await scene.startWorker({ engines: [new ScriptedEngine()], folder: worker.folder });
  await next.live();
  for (const id of ids) expect(await studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  await next.done();
  expect(completionsOf(studio)).toEqual(ids.toSorted());
});

onPosix('a stop finishes all four jobs before the worker ends', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4);
  worker.signal();
  for (const run of runs) run.finish();
  expect(await worker.ended).toBe(0);
  for (const id of ids) expect(await studio.job(id)).toMatchObject({ state: 'completed', attempts: 1 });
});

onPosix('a second signal hands all four jobs back', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids } = await running(scene, 4);
  worker.signal();
  worker.signal();
  expect(await worker.ended).toBe(0);
  for (const id of ids) expect(await studio.jobIs(id, 'queued')).toMatchObject({ attempts: 1 });
  const fails = studio.frames.flatMap((frame) => (frame.type === 'fail' ? [String(frame.jobId)] : []));
  expect(fails.toSorted()).toEqual(ids.toSorted());
});

onPosix('cancelling one of four jobs leaves the other three running', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4);
  const [cancelled = '', ...others] = ids;
  await studio.operator('POST', `/jobs/${cancelled}/cancel`);
  await worker.until('three jobs', () => worker.status().runningJobs.length === 3);
  expect(
    worker
      .status()
      .runningJobs.map(({ jobId }) => String(jobId))
      .toSorted(),
  ).toEqual(others.toSorted());
  for (const run of runs) run.finish();
  for (const id of others) await studio.jobIs(id, 'completed');
  expect((await studio.job(cancelled)).state).toBe('cancelled');
});

onPosix('the worker cancels the one job that its operator names', async () => {
  await using scene = await setup();
  const { studio, worker } = scene;
  const { ids, runs } = await running(scene, 4);
  const [handedBack = '', ...others] = ids;
  await worker.control.cancel({ jobId: toJobId(handedBack) });
  await studio.until(
    'the job back in the queue',
    (event) => event.is === 'moved' && event.jobId === handedBack && event.to === 'queued',
  );
  for (const run of runs) run.finish();
  for (const id of others) await studio.jobIs(id, 'completed');
});
