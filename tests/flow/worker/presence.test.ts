import { expect, setDefaultTimeout, test } from 'bun:test';
import { SECOND_MS } from '../../../src/base/units.ts';
import { writeJson } from '../../../src/contract/json.ts';
import type { Presence, PresenceReading } from '../../../src/system/presence/presence.ts';
import { anLlmTask, anOffer } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { settle } from '../../fakes/system/fake-clock.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A desk at which somebody sits, or not. */
class Desk implements Presence {
  reading: PresenceReading = { is: 'known', idleMs: 0, source: 'Mutter' };

  read(): Promise<PresenceReading> {
    return Promise.resolve(this.reading);
  }

  untouchedFor(idleMs: number): void {
    this.reading = { is: 'known', idleMs, source: 'Mutter' };
  }
}

const UNKNOWN: PresenceReading = { is: 'unknown', reasons: ['Mutter: hung up'] };
const ONLY_WHEN_IDLE = { only_when_idle: true };

/** The next sample of the desk, and the heartbeat that tells of it. */
async function nextHeartbeat({ studio, worker }: Scene, presence: 'idle' | 'active' | undefined): Promise<void> {
  worker.clock.skip(5 * SECOND_MS);
  await settle();
  worker.clock.skip(5 * SECOND_MS);
  await studio.until(`a heartbeat with presence ${presence}`, (event) => {
    if (event.is !== 'heard' || event.frame.type !== 'heartbeat') return false;
    return event.frame.capabilities.userPresence === presence;
  });
}

async function rejection({ studio, worker }: Scene): Promise<object> {
  studio.say(worker.id, writeJson({ type: 'offer', claim: anOffer({ id: 'j-asked' }) }));
  return await studio.next('reject');
}

test('a worker that works only when idle rejects while active and works once idle', async () => {
  const desk = new Desk();
  await using scene = await setup({ config: ONLY_WHEN_IDLE, presence: desk });
  const { id } = await scene.studio.createJob(anLlmTask());
  expect(await rejection(scene)).toMatchObject({
    reason: 'only when idle: the person is using this computer',
    code: 'paused',
  });
  expect((await scene.studio.job(id)).state).toBe('queued');
  desk.untouchedFor(120 * SECOND_MS);
  await nextHeartbeat(scene, 'idle');
  await scene.studio.jobIs(id, 'completed');
  expect(await scene.worker.logged('presence.changed')).toMatchObject({ fields: { presence: 'active' } });
});

test('a decision takes the last sample and does not ask the machine', async () => {
  const desk = new Desk();
  await using scene = await setup({ config: ONLY_WHEN_IDLE, presence: desk });
  desk.read = () => new Promise(() => {}); // from here on the desktop hangs
  scene.worker.clock.skip(5 * SECOND_MS);
  expect(await rejection(scene)).toMatchObject({ reason: 'only when idle: the person is using this computer' });
});

test('a worker that cannot tell rejects in other words and logs the reasons', async () => {
  await using scene = await setup({ config: ONLY_WHEN_IDLE, presence: { read: () => Promise.resolve(UNKNOWN) } });
  expect(await rejection(scene)).toMatchObject({
    reason: 'only when idle: whether a person is using this computer is not known',
    code: 'paused',
  });
  expect(await scene.worker.logged('presence.unknown')).toMatchObject({
    level: 'warn',
    fields: { reasons: ['Mutter: hung up'] },
  });
  await nextHeartbeat(scene, undefined);
});

test('somebody who comes back does not end the running job', async () => {
  const desk = new Desk();
  desk.untouchedFor(120 * SECOND_MS);
  const engine = new ScriptedEngine();
  await using scene = await setup({ config: ONLY_WHEN_IDLE, presence: desk, engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  desk.untouchedFor(0);
  await nextHeartbeat(scene, 'active');
  run.finish();
  await scene.studio.jobIs(id, 'completed');
});

test('heartbeats carry the presence of a worker that works beside its person, too', async () => {
  await using scene = await setup({ presence: new Desk() });
  await nextHeartbeat(scene, 'active');
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
});

test('only_when_idle switched on in a running worker counts from the next offer', async () => {
  await using scene = await setup({ presence: new Desk() });
  await scene.worker.config.update(ONLY_WHEN_IDLE);
  expect(await rejection(scene)).toMatchObject({ code: 'paused' });
  expect(scene.worker.events.filter(({ event }) => event === 'presence.changed')).toHaveLength(1);
});
