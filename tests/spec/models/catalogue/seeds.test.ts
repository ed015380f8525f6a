import { expect, test } from 'bun:test';
import { openCatalogue } from '../../../../src/models/catalogue/catalogue.ts';
import { SEEDS } from '../../../../src/models/catalogue/seeds.ts';
import { CatalogueEntrySchema } from '../../../../src/contract/catalogue.ts';
import { writeJson } from '../../../../src/contract/json.ts';
import { readJson } from '../../../../src/contract/read.ts';
import { synthetic } from '../../../fakes/builders.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';

const PATH = '/worker/models.json';

const seed = (id: string) =>
  ({ id, displayName: id, kind: 'llm', vramGbEstimate: 1, source: synthetic, enabled: true, origin: 'local' }) as const;

/** A catalogue that is opened as often as a worker starts. */
function setup(kept?: string) {
  const files = new MemoryFiles();
  if (kept !== undefined) files.contents.set(PATH, new TextEncoder().encode(kept));
  const open = (...seeds: readonly string[]) =>
    openCatalogue({
      path: PATH,
      files,
      clock: new FakeClock(),
      log: recordingLogger(),
      onChange: () => {},
      seeds: seeds.map(seed),
    });
  return { files, open };
}

const ids = (models: readonly { readonly id: string }[]): readonly string[] => models.map(({ id }) => id);

test('a first catalogue has the seeds, in their order', async () => {
  const { open } = setup();
  expect(ids((await open('small', 'large')).list())).toEqual(['small', 'large']);
});

test('a seed of a later release comes behind what is there', async () => {
  const { open } = setup();
  await (await open('small')).put(seed('mine'));
  expect(ids((await open('small', 'large')).list())).toEqual(['small', 'mine', 'large']);
});

test('a seed that the operator removed does not come back', async () => {
  const { open } = setup();
  expect(await (await open('small', 'large')).remove('small')).toBe(true);
  expect(ids((await open('small', 'large')).list())).toEqual(['large']);
});

test('a seed that was removed and added again can be removed again', async () => {
  const { open, files } = setup();
  await (await open('small')).remove('small');
  const catalogue = await open('small');
  await catalogue.put(seed('small'));
  await catalogue.remove('small');
  expect(ids((await open('small')).list())).toEqual([]);
  expect(await files.readText(PATH)).toContain('"dismissedSeeds":["small"]');
});

test('a change to a seed stays the operator’s', async () => {
  const { open } = setup();
  await (await open('small')).put({ ...seed('small'), displayName: 'My small one' });
  expect((await open('small')).find('small')?.displayName).toBe('My small one');
});

test('a broken catalogue lists the seeds alone', async () => {
  const { open } = setup('{"models": 1}');
  expect(ids((await open('small')).list())).toEqual(['small']);
});

test('each seed is a whole entry with the digest of every file', () => {
  for (const entry of SEEDS) {
    expect(readJson(CatalogueEntrySchema, writeJson(entry))).toMatchObject({ is: 'read', value: entry });
    for (const { url, sha256, approxBytes } of entry.source.files) {
      expect(url).toStartWith('https://');
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(approxBytes).toBeGreaterThan(0n);
    }
  }
});
