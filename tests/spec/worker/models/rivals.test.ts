import { expect, test } from 'bun:test';
import type { CatalogueEntry } from '../../../../src/contract/catalogue.ts';
import { rivalsOf } from '../../../../src/worker/models/rivals.ts';
import { aFile, aSource } from '../../../fakes/models/a-store.ts';

const entry = (id: string, exclusiveGroup?: string): CatalogueEntry => ({
  id,
  kind: 'llm',
  vramGbEstimate: 1,
  enabled: true,
  origin: 'local',
  displayName: id,
  source: aSource([aFile({})]),
  ...(exclusiveGroup === undefined ? {} : { exclusiveGroup }),
});
const ALL = [entry('a', 'big'), entry('b', 'big'), entry('c', 'small'), entry('d')];

test('the models of one exclusive group are rivals, others are not', () => {
  expect(rivalsOf(entry('a', 'big'), ALL).map(({ id }) => id)).toEqual(['b']);
});

test('a model in no group has no rivals', () => {
  expect(rivalsOf(entry('d'), ALL)).toEqual([]);
});
