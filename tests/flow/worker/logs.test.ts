import { expect, setDefaultTimeout, test } from 'bun:test';
import { aTask, anLlmTask, synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { type Scene, setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

interface Line {
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly jobId?: string | undefined;
}

/** What the studio was sent, in order. */
const shipped = ({ studio }: Pick<Scene, 'studio'>): Line[] =>
  studio.frames.flatMap((frame) => (frame.type === 'logBatch' ? [...frame.entries] : []));

/** Waits until the studio has a line, hurrying the next flush along. */
async function line(scene: Scene, message: string | RegExp): Promise<Line> {
  const fits = (entry: Line): boolean =>
    typeof message === 'string' ? entry.message === message : message.test(entry.message);
  scene.worker.clock.skip(1_000);
  await scene.worker.until(`the line ${String(message)}`, () => shipped(scene).some(fits));
  const found = shipped(scene).find(fits);
  if (found === undefined) throw new Error('unreachable');
  return found;
}

const storyOf = (scene: Scene, jobId: string): string[] =>
  shipped(scene)
    .filter((entry) => entry.jobId === jobId)
    .map(({ message }) => message.replaceAll(jobId, '<job>').replace(/in \d.*$/, 'in <time>'));

test('a binary job tells its story in the words of the contract', async () => {
  await using scene = await setup();
  const names = { gameId: 'game-of-elements', assetName: 'game-of-elements/creatures/aurora-fox' };
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }), {
    ...names,
    vramGbEstimate: 4,
  });
  await scene.studio.jobIs(id, 'completed');
  expect(await line(scene, 'binary upload ok')).toMatchObject({ level: 'info', category: 'ws', jobId: id });
  expect(storyOf(scene, id)).toEqual([
    'offer received <job> game=game-of-elements asset=game-of-elements/creatures/aurora-fox model=synthetic vram=4',
    'image dispatched in <time>',
    'binary upload ok',
  ]);
});

test('a JSON job tells its story in the words of the contract', async () => {
  await using scene = await setup();
  const { id } = await scene.studio.createJob(anLlmTask(), { gameId: 'g', assetName: 'g/x/y', vramGbEstimate: 1 });
  await scene.studio.jobIs(id, 'completed');
  await line(scene, 'json result sent');
  expect(storyOf(scene, id)).toEqual([
    'offer received <job> game=g asset=g/x/y model=synthetic vram=1',
    'llm dispatched in <time>',
    'json result sent',
  ]);
});

test('a session begins with the same few lines, the server time among them', async () => {
  await using scene = await setup();
  const last = await line(scene, /^server welcomed /);
  const messages = shipped(scene).map(({ message }) => message);
  const first = messages.findIndex((message) => message.startsWith('connecting to '));
  expect(messages[first]).toBe(
    `connecting to ${scene.studio.url.replace('http', 'ws')}/graphics/api/workers/${scene.worker.id}/connect`,
  );
  expect(messages[first + 1]).toStartWith(
    'advertising engine=multi, vram=24.0/12.0GB threshold, auto_enabled=true, only_when_idle=false, ' +
      'user_presence=unknown, kinds=',
  );
  expect(last.message).toMatch(
    new RegExp(String.raw`^server welcomed ${scene.worker.id} server_time=\d{4}-\d\d-\d\dT.*Z$`),
  );
});

test('a failed job says why, once, at error level', async () => {
  await using scene = await setup();
  const source = { ...synthetic, engine: 'onnx' };
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }), { modelSource: source });
  await scene.studio.jobIs(id, 'failed');
  const entry = await line(scene, /^dispatch failed: /);
  expect(entry).toMatchObject({ level: 'error', category: 'ws', jobId: id });
  expect(shipped(scene).filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('a rejected offer says so in the words of the contract', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], config: { auto_enabled: false } });
  const claim = { gameId: 'g', assetName: 'g/x', model: 'synthetic', vramGbEstimate: 1, modelSource: synthetic };
  scene.studio.say(
    scene.worker.id,
    JSON.stringify({ type: 'offer', claim: { ...claim, jobId: 'j-1', task: anLlmTask() } }),
  );
  await scene.studio.next('reject');
  expect(await line(scene, 'rejecting offer j-1: worker is paused')).toMatchObject({ jobId: 'j-1' });
});

test('what is said while there is no socket reaches the studio later', async () => {
  await using scene = await setup();
  scene.studio.cut(scene.worker.id);
  await scene.worker.until('a lost socket', () => scene.worker.status().session.at === 'backing-off');
  scene.worker.log.logger.warn('test.spoke', { to: 'nobody' });
  await scene.worker.live();
  expect(await line(scene, /reconnect attempt 1 in \d+ms$/)).toMatchObject({ level: 'warn', category: 'ws' });
  expect(await line(scene, 'test.spoke to=nobody')).toMatchObject({ level: 'warn' });
});

test('what is said before the approval reaches the studio after it', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  await scene.studio.approve();
  await worker.live();
  await line({ ...scene, worker }, 'waiting for operator approval before opening the session');
});

test('a worker offline for long keeps its newest lines and says what it dropped', async () => {
  await using scene = await setup();
  scene.studio.cut(scene.worker.id);
  await scene.worker.until('a lost socket', () => scene.worker.status().session.at === 'backing-off');
  for (let count = 1; count <= 6_000; count++) scene.worker.log.logger.info(`test.count-${count}`);
  await scene.worker.live();
  for (let flush = 0; flush < 3; flush++) scene.worker.clock.skip(1_000);
  await line(scene, 'test.count-6000');
  expect(shipped(scene).some(({ message }) => message === 'test.count-100')).toBe(false);
  const marker = shipped(scene).find(({ category }) => category === 'logs');
  expect(marker?.message).toMatch(/^ship queue full \(5000 entries\); dropped \d+ oldest$/);
});

test('lines that were shipped stay on display here', async () => {
  await using scene = await setup();
  await line(scene, /^server welcomed /);
  const onDisplay = scene.worker.log.ring.all().map(({ item }) => item.message);
  expect(onDisplay).toContainEqual(expect.stringContaining('server welcomed'));
});

test('no secret reaches a log, the studio or the status, whatever goes wrong', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  await worker.until('a secret', () => worker.config.current.registration_secret !== undefined);
  const secret = worker.config.current.registration_secret ?? '';
  await scene.studio.approve();
  await worker.live();
  const token = worker.config.current.auth_token ?? '';
  scene.studio.mischief.failUploads.push(new Response(`no such token: ${token}`, { status: 401 }));
  await scene.studio.createJob(aTask({ kind: 'audio_tts', text: 'hello' }));
  await worker.logged('delivery.unauthorized');
  scene.studio.mischief.refuseUpgrades.push(new Response(`not ${token}`, { status: 500 }));
  scene.studio.cut(worker.config.current.worker_id ?? '');
  await worker.logged('session.lost');
  await worker.live();
  await worker.logged('session.connect-failed');
  const said = worker.stderr() + JSON.stringify(shipped(scene)) + JSON.stringify(worker.status());
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(said).toContain('delivery.unauthorized');
  expect(said.includes(token) || said.includes(secret)).toBe(false);
});

test('prompts are cut after two hundred characters here and never shipped', async () => {
  await using scene = await setup();
  const prompt = `${'a fox '.repeat(50)}THE END`;
  const { id } = await scene.studio.createJob(aTask({ kind: 'audio_tts', text: prompt }));
  await scene.studio.jobIs(id, 'completed');
  await line(scene, 'binary upload ok');
  expect(scene.worker.stderr()).toContain(`${prompt.slice(0, 200)}…`);
  expect(scene.worker.stderr()).not.toContain('THE END');
  expect(JSON.stringify(shipped(scene))).not.toContain('a fox');
});
