import { expect, setDefaultTimeout, test } from 'bun:test';
import type { ConfigPatch } from '../../../src/config/schema.ts';
import { SECOND_MS } from '../../../src/base/units.ts';
import { writeJson } from '../../../src/contract/json.ts';
import type { Surroundings } from '../../../src/system/surroundings/readings.ts';
import { anLlmTask, anOffer } from '../../fakes/builders.ts';
import { settle } from '../../fakes/system/fake-clock.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A laptop in use: on battery, a game in front. */
class Laptop implements Surroundings {
  busy = true;
  asked = 0;

  power: Surroundings['power'] = async () => {
    this.asked += 1;
    return { is: this.busy ? 'battery' : 'mains', source: 'BAT0' };
  };
  programs: Surroundings['programs'] = async () => ({ is: 'known', names: this.busy ? ['game.exe'] : ['bash'] });
  fullScreen: Surroundings['fullScreen'] = async () => ({ is: this.busy ? 'full-screen' : 'windowed', source: 'X11' });
}

test.each<[string, ConfigPatch]>([
  ['battery', { pause_on_battery: true }],
  ['programs', { pause_for_programs: ['game'] }],
  ['full-screen', { pause_when_full_screen: true }],
])('the condition %s keeps jobs away until it is met', async (rule, config) => {
  const surroundings = new Laptop();
  await using scene = await setup({ config, surroundings });
  const { studio, worker } = scene;
  const { id } = await studio.createJob(anLlmTask());
  studio.say(worker.id, writeJson({ type: 'offer', claim: anOffer({ id: 'j-asked' }) }));
  expect(await studio.next('reject')).toMatchObject({ code: 'paused', reason: 'worker paused by operator' });
  expect(await worker.logged('offer.rejected')).toMatchObject({ fields: { rule } });
  const { obstacles } = await worker.control.status({});
  expect(obstacles).toMatchObject([{ what: rule }]);
  surroundings.busy = false;
  worker.clock.skip(6 * SECOND_MS);
  await settle();
  await studio.jobIs(id, 'completed');
});

test('a machine is not asked about what nobody set', async () => {
  const surroundings = new Laptop();
  await using scene = await setup({ surroundings });
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
  scene.worker.clock.skip(60 * SECOND_MS);
  expect(surroundings.asked).toBe(0);
});

test('what the machine does not tell keeps no jobs away', async () => {
  await using scene = await setup({ config: { pause_on_battery: true, pause_when_full_screen: true } });
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
  expect((await scene.worker.control.status({})).conditions).toMatchObject([
    { what: 'battery', isKnown: false },
    { what: 'full-screen', isKnown: false },
  ]);
});
