import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { openCatalogue } from '../../../../src/models/catalogue/catalogue.ts';
import { anOffer, aTask } from '../../../fakes/builders.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';

/** A catalogue that is opened as often as a worker starts, and how often it changed. */
function setup() {
  const files = new MemoryFiles();
  const changes = { count: 0 };
  const options = {
    path: '/worker/models.json',
    files,
    clock: new FakeClock(),
    log: recordingLogger(),
    onChange: () => void (changes.count += 1),
  };
  return { changes, open: () => openCatalogue(options) };
}

const offer = anOffer({ model: toModelId('fox-7b') });

test('a model is learnt from its first offer and not from those alike', async () => {
  const { changes, open } = setup();
  const catalogue = await open();
  for (const again of [offer, structuredClone(offer)]) catalogue.learn(again);
  expect([changes.count, catalogue.find('fox-7b')?.origin]).toEqual([1, 'studio']);
});

test('a restart teaches nothing about a model that is offered as before', async () => {
  const { changes, open } = setup();
  const first = await open();
  first.learn(offer);
  await first.saved();
  (await open()).learn(offer);
  expect(changes.count).toBe(1);
});

test('an offer that differs in how its model runs is learnt from', async () => {
  const { changes, open } = setup();
  const catalogue = await open();
  catalogue.learn(offer);
  catalogue.learn({ ...offer, vramGbEstimate: 9 });
  catalogue.learn({ ...offer, vramGbEstimate: 9, modelSource: { ...offer.modelSource, files: [] } });
  catalogue.learn({ ...offer, vramGbEstimate: 9, task: aTask({ kind: 'image', prompt: 'a fox', ext: 'webp' }) });
  expect([changes.count, catalogue.find('fox-7b')]).toMatchObject([3, { vramGbEstimate: 9, kind: 'image' }]);
});
