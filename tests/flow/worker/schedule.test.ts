import { expect, setDefaultTimeout, test } from 'bun:test';
import type { ScheduleWindow } from '../../../src/base/config/schedule-window.ts';
import { HOUR_MS, SECOND_MS } from '../../../src/base/units.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { anLlmTask, anOffer } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const clockAt = (at: number): string => new Date(at).toISOString().slice(11, 16);
/** From so many hours after now until so many after now. */
const hours = (from: number, to: number): ScheduleWindow => ({
  from: clockAt(Date.now() + from * HOUR_MS),
  to: clockAt(Date.now() + to * HOUR_MS),
  time_zone: 'UTC',
});

const claims = ({ studio }: Scene, autoEnabled: boolean): Promise<unknown> =>
  studio.until(`a heartbeat with autoEnabled ${autoEnabled}`, (event) => {
    if (event.is !== 'heard' || (event.frame.type !== 'heartbeat' && event.frame.type !== 'hello')) return false;
    return event.frame.capabilities.autoEnabled === autoEnabled;
  });

test('outside its hours a worker claims nothing, and takes jobs once they begin', async () => {
  await using scene = await setup({ config: { schedule: [hours(2, 4)] } });
  await claims(scene, false);
  const { id } = await scene.studio.createJob(anLlmTask());
  scene.studio.say(scene.worker.id, writeJson({ type: 'offer', claim: anOffer({ id: 'j-asked' }) }));
  expect(await scene.studio.next('reject')).toMatchObject({ code: 'paused', reason: 'worker paused by operator' });
  expect(await scene.worker.logged('offer.rejected')).toMatchObject({ fields: { rule: 'schedule' } });
  const { obstacles = [] } = await scene.worker.control.status({});
  expect(obstacles).toMatchObject([{ what: 'schedule', because: expect.stringMatching(/opens .*, in 2 h|, in 1 h/) }]);
  scene.worker.clock.jumpWallClock(3 * HOUR_MS);
  scene.worker.clock.skip(6 * SECOND_MS);
  await scene.studio.jobIs(id, 'completed');
});

test('a job that runs when hours end is finished, no other taken', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], config: { schedule: [hours(-1, 1)] } });
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  scene.worker.clock.jumpWallClock(2 * HOUR_MS);
  scene.worker.clock.skip(6 * SECOND_MS);
  await claims(scene, false);
  const { id: next } = await scene.studio.createJob(anLlmTask());
  run.finish();
  await scene.studio.jobIs(id, 'completed');
  expect((await scene.studio.job(next)).state).toBe('queued');
});

test('hours that are set while the worker runs count at once', async () => {
  await using scene = await setup();
  await scene.worker.config.update({ schedule: [hours(2, 4)] });
  await claims(scene, false);
  await scene.worker.config.update({ schedule: undefined });
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
});
