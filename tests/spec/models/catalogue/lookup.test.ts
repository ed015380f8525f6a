import { expect, test } from 'bun:test';
import type { CatalogueEntry } from '../../../../src/contract/catalogue.ts';
import { knownModel, modelToChat, modelToPull } from '../../../../src/models/catalogue/lookup.ts';
import { SEEDS } from '../../../../src/models/catalogue/seeds.ts';
import { synthetic } from '../../../fakes/builders.ts';

const entry = (about: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
  id: 'tiny-chat',
  displayName: 'Tiny chat',
  kind: 'llm',
  vramGbEstimate: 1,
  source: synthetic,
  enabled: true,
  origin: 'local',
  ...about,
});
const here = (about: Partial<CatalogueEntry> = {}) => ({ entry: entry(about), isHere: true });
const away = (about: Partial<CatalogueEntry> = {}) => ({ entry: entry(about), isHere: false });
const [seed] = SEEDS;

/** How it fails, as an operator reads it. */
function failure(call: () => unknown): unknown {
  try {
    return call();
  } catch (thrown) {
    return thrown;
  }
}

test('a model is found by its id alone', () => {
  expect(knownModel('tiny-chat', [entry({ id: 'other' }), entry()])).toEqual(entry());
});

test.each([
  ['tiny-chta', 'Did you mean tiny-chat? A model can be named by its URL, too.'],
  ['whatever', 'Name one of tiny-chat, or give the URL of a model file.'],
])('a pull of the unknown %s says what could be named', (id, hint) => {
  const thrown = failure(() => modelToPull({ id }, [entry()]));
  expect(thrown).toMatchObject({ code: 'model.not-found', message: `no model ${id} is in the catalogue`, hint });
});

test('a pull takes over what a studio taught, and no other model', () => {
  if (seed === undefined) throw new Error('the catalogue begins with models');
  const other = { ...entry(), source: seed.source };
  expect(modelToPull({ entry: other }, [entry({ origin: 'studio' })])).toBe(other);
  expect(modelToPull({ entry: other }, [other])).toBe(other);
  expect(failure(() => modelToPull({ entry: other }, [entry()]))).toMatchObject({
    code: 'cli.usage',
    message: 'the catalogue has another model tiny-chat',
  });
});

test('a chat is with an enabled model that is on this disk', () => {
  expect(modelToChat('tiny-chat', [here()])).toEqual(entry());
});

test.each([
  [
    'of another kind',
    here({ kind: 'image' }),
    { code: 'task.unsupported', hint: expect.stringContaining('Download one first') },
  ],
  ['that is turned off', here({ enabled: false }), { code: 'local.unfit' }],
  [
    'that is not here',
    away(),
    { code: 'model.not-found', hint: 'Download it with `studio-worker models pull tiny-chat`.' },
  ],
])('a chat with a model %s is refused', (_title, known, thrown) => {
  expect(failure(() => modelToChat('tiny-chat', [known]))).toMatchObject(thrown);
});

test.each([
  ['a name that is nearly right', 'tiny-chta', [here()], 'Did you mean tiny-chat?'],
  [
    'a model that is here',
    'whatever',
    [away({ id: 'absent' }), here()],
    'Chat with one that is on this disk: tiny-chat.',
  ],
  ['a model to download', 'whatever', [away()], 'Download one first, such as `studio-worker models pull tiny-chat`.'],
  ['no image model', 'whatever', [here({ kind: 'image' })], 'such as `studio-worker models pull <url>`'],
  ['no model turned off', 'whatever', [here({ enabled: false })], 'such as `studio-worker models pull <url>`'],
])('for an unknown chat model the hint names %s', (_title, id, known, hint) => {
  expect(failure(() => modelToChat(id, known))).toMatchObject({
    message: `no model ${id} is in the catalogue`,
    hint: expect.stringContaining(hint),
  });
});
