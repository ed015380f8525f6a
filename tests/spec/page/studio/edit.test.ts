import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { ModelViewSchema } from '../../../../src/contract/operator/views.ts';
import { EMPTY_MODEL, formOf, jsonOf } from '../../../../src/page/studio/models/draft.ts';
import { editOf, isSame, readEdit, startOf, switched } from '../../../../src/page/studio/models/edit.ts';

const MODEL = v.parse(ModelViewSchema, {
  id: 'z-image',
  kind: 'image',
  displayName: 'Z-Image',
  vramGbEstimate: 7.8,
  source: { engine: 'sd-cpp', files: [], cliDefaults: { cfgScale: 1, steps: 20, width: 1024, height: 1024 } },
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
});

test('what was typed goes over from fields to text and back', () => {
  const typed = { ...formOf(MODEL), name: 'Z-Image Turbo', steps: '8' };
  const asText = switched({ as: 'form', form: typed });
  if ('problem' in asText) throw new Error(asText.problem);
  expect(asText.as).toBe('json');
  expect(switched(asText)).toEqual({ as: 'form', form: typed });
});

test('a text that is no model stays a text and says why', () => {
  expect(switched({ as: 'json', text: '{' })).toEqual({ problem: expect.stringContaining('not JSON') });
});

test('a model counts as changed only once something was typed', () => {
  expect(isSame(startOf(MODEL), MODEL)).toBe(true);
  expect(isSame(editOf(MODEL, 'json'), MODEL)).toBe(true);
  expect(isSame({ as: 'form', form: { ...formOf(MODEL), name: 'Other' } }, MODEL)).toBe(false);
  expect(isSame({ as: 'json', text: `${jsonOf(MODEL)} ` }, MODEL)).toBe(false);
});

test('the empty fields of a new model name what is missing', () => {
  expect(startOf(undefined)).toEqual({ as: 'form', form: EMPTY_MODEL });
  const read = readEdit(startOf(undefined));
  expect('errors' in read && Object.keys(read.errors)).toEqual(['id']);
});
