import { expect, setDefaultTimeout, test } from 'bun:test';
import type { JobView } from '../../../src/contract/operator/views.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { anOffer, aTask, anLlmTask, synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { startPeer } from '../../fakes/studio/scripted-peer.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** Has the scene's worker do one job, from the operator's draft to the stored result. */
async function completed({ studio }: Scene, task: Task, about?: Readonly<Record<string, unknown>>): Promise<JobView> {
  const { id } = await studio.createJob(task, about);
  return studio.jobIs(id, 'completed');
}

/** A studio of the bare contract, which is told no more than that. */
const BARE = { withoutResume: true };

/** A frame without the brands of its ids, to be compared as it travelled. */
const plain = (frame: object): unknown => frame;

test('a task kind its engine lacks fails finally in the contract’s words', async () => {
  const other: Engine = Object.assign(new ScriptedEngine(), { id: 'onnx', models: { audio_tts: ['onnx'] } } as const);
  await using scene = await setup({ engines: [new ScriptedEngine(), other] });
  const { id } = await scene.studio.createJob(aTask({ kind: 'audio_tts', text: 'hello' }));
  const error = 'synthetic engine cannot serve audio_tts tasks';
  expect(plain(await scene.studio.next('fail'))).toEqual({ type: 'fail', jobId: id, error, retryable: false });
  expect(await scene.studio.jobIs(id, 'failed')).toMatchObject({ attempts: 1, error });
});

/** An offer that the studio's queue knows nothing of. */
const offerText = (task: object, claim: object = {}): string =>
  JSON.stringify({
    type: 'offer',
    claim: {
      jobId: 'j-1',
      gameId: 'game',
      assetName: 'game/fox',
      model: 'synthetic',
      vramGbEstimate: 1,
      task,
      modelSource: synthetic,
      ...claim,
    },
  });

test('an offer for a missing engine fails so that another worker may retry', async () => {
  await using peer = startPeer();
  await using scene = await setup({ credentials: { apiBaseUrl: peer.url, workerId: 'w-1', authToken: 't0k3n' } });
  await scene.worker.live();
  peer.link.raw(offerText(anLlmTask(), { modelSource: { ...synthetic, engine: 'parakeet' } }));
  expect(await peer.next('fail')).toMatchObject({ jobId: 'j-1', retryable: true });
});

test('a malformed offer is answered with the field at fault and costs no socket', async () => {
  await using peer = startPeer();
  const credentials = { apiBaseUrl: peer.url, workerId: 'w-1', authToken: 't0k3n' };
  await using scene = await setup({ credentials });
  peer.link.raw(offerText({ kind: 'image', prompt: 7 }));
  const failed = await peer.next('fail');
  expect(failed).toMatchObject({ jobId: 'j-1', retryable: false });
  expect(String(failed['error'])).toMatch(/^malformed offer: .*prompt/);
  peer.link.raw(offerText(anLlmTask()));
  expect(await peer.next('completeJson')).toMatchObject({ jobId: 'j-1', prompt: 'hi' });
  expect({ attempts: peer.attempts, session: scene.worker.status().session }).toEqual({
    attempts: 1,
    session: { at: 'live' },
  });
});

test('a frame of an unknown type is passed over and work goes on', async () => {
  await using scene = await setup();
  scene.studio.say(scene.worker.id, '{"type":"progressQuery"}');
  scene.studio.say(scene.worker.id, 'not even JSON');
  await completed(scene, anLlmTask());
  expect(scene.worker.events.filter(({ event }) => event === 'frame.ignored')).toHaveLength(2);
  expect(scene.studio.events.filter(({ is }) => is === 'connected')).toHaveLength(1);
});

test('an offer while a job runs is rejected as busy, byte for byte', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], studio: BARE });
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  scene.studio.say(scene.worker.id, offerText(anLlmTask()));
  expect(plain(await scene.studio.next('reject'))).toEqual({
    type: 'reject',
    jobId: 'j-1',
    reason: 'worker already has an in-flight job',
    code: 'busy',
  });
  run.finish();
  await scene.studio.jobIs(id, 'completed');
});

test('of two offers at once exactly one is taken', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const first = await scene.studio.createJob(anLlmTask());
  scene.studio.say(scene.worker.id, offerText(anLlmTask()));
  const run = await engine.started();
  expect(await scene.studio.next('reject')).toMatchObject({ jobId: 'j-1', code: 'busy' });
  run.finish();
  await scene.studio.jobIs(first.id, 'completed');
  expect(scene.studio.frames.filter(({ type }) => type === 'accept')).toHaveLength(1);
});

test('a paused worker rejects in the contract’s words, and takes jobs once enabled', async () => {
  await using scene = await setup({ config: { auto_enabled: false }, studio: BARE });
  scene.studio.say(scene.worker.id, offerText(anLlmTask()));
  expect(plain(await scene.studio.next('reject'))).toEqual({
    type: 'reject',
    jobId: 'j-1',
    reason: 'worker paused by operator',
    code: 'paused',
  });
  const { id } = await scene.studio.createJob(anLlmTask());
  expect((await scene.studio.job(id)).state).toBe('queued');
  await scene.worker.config.update({ auto_enabled: true });
  await scene.studio.jobIs(id, 'completed');
});

test('a job above the threshold is not offered until the threshold allows it', async () => {
  await using scene = await setup({ config: { vram_threshold_gb: 4 } });
  const large = await scene.studio.createJob(anLlmTask(), { vramGbEstimate: 8 });
  const small = await scene.studio.createJob(anLlmTask(), { vramGbEstimate: 4 });
  await scene.studio.jobIs(small.id, 'completed');
  expect((await scene.studio.job(large.id)).state).toBe('queued');
  await scene.worker.config.update({ vram_threshold_gb: 8 });
  await scene.studio.jobIs(large.id, 'completed');
});

test('nothing is said after a result, and the next job comes all the same', async () => {
  await using scene = await setup();
  for (const text of ['one', 'two', 'three']) await completed(scene, anLlmTask(text));
  await completed(scene, aTask({ kind: 'audio_tts', text: 'four' }));
  expect(new Set(scene.studio.frames.map(({ type }) => type))).not.toContain('readyForMore');
});

test('a crash of the engine frees the slot for the next try', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  (await engine.started()).fail(new Error('segmentation fault'));
  expect(await scene.studio.next('fail')).toMatchObject({ jobId: id, retryable: true });
  (await engine.started()).finish();
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 2 });
  expect(engine.loaded).toBe(0);
});

test('an offer above the threshold is rejected with the numbers, whatever the studio thought', async () => {
  await using scene = await setup({ config: { vram_threshold_gb: 4 } });
  const claim = { ...anOffer({ id: 'j-1' }), vramGbEstimate: 4.5 };
  scene.studio.say(scene.worker.id, JSON.stringify({ type: 'offer', claim }));
  expect(await scene.studio.next('reject')).toMatchObject({
    code: 'insufficient_memory',
    reason: 'insufficient device memory: estimated at 4.50 GiB, and this worker takes up to 4.00 GiB',
    detail: 'the job is estimated at 4.5 GiB, and vram_threshold_gb allows 4 GiB',
  });
});

test('every log line of a job names it, and none shows its prompt', async () => {
  await using scene = await setup();
  const { id } = await completed(scene, anLlmTask('a secret of mine'));
  const shown = scene.worker.events.filter(({ level, fields }) => level !== 'debug' && fields['jobId'] === id);
  expect(shown.length).toBeGreaterThanOrEqual(3);
  expect(JSON.stringify(scene.worker.events.filter(({ level }) => level !== 'debug'))).not.toContain(
    'a secret of mine',
  );
});
