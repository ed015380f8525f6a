import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { JobDraftSchema, type ModelView } from '../../../../src/contract/operator/views.ts';
import { writeJson, parseJson } from '../../../../src/contract/json.ts';
import { TASK_KIND_IDS } from '../../../../src/contract/tasks/index.ts';
import {
  errorsIn,
  FIELDS,
  type JobForm,
  moreFieldsOf,
  needsOf,
  requestOf,
  shownFieldsOf,
} from '../../../../src/page/studio/jobs/draft.ts';

/** Something right for each way of filling in a field. */
const SAMPLE = {
  area: 'a fox',
  text: 'auto',
  whole: '512',
  number: '0,5',
  seed: '18446744073709551615',
  file: 'https://example.com/fox.png',
} as const;

const model = { id: 'fox', kind: 'llm', vramGbEstimate: 2.6, source: { engine: 'llama-cpp' } } as unknown as ModelView;

test.each([...TASK_KIND_IDS])('a filled form of %s makes a job that the studio takes', (kind) => {
  const form: JobForm = Object.fromEntries(FIELDS[kind].map(({ name, type }) => [name, SAMPLE[type]]));
  const proper = { ...form, ...(kind === 'image' && { ext: 'png' }), ...(kind === 'video' && { ext: 'mp4' }) };
  const filled = { ...proper, ...(kind === 'audio_tts' && { ext: 'wav' }), priority: '5' };
  expect(errorsIn(kind, filled)).toEqual({});
  const read = v.parse(JobDraftSchema, parseJson(writeJson(requestOf(kind, filled, undefined))));
  expect(read).toMatchObject({ task: { kind }, priority: 5, modelSource: { engine: 'synthetic' } });
});

test.each([...TASK_KIND_IDS])('an empty form of %s says what is needed', (kind) => {
  const needed = FIELDS[kind].filter(({ required }) => required).map(({ name }) => name);
  expect(Object.keys(errorsIn(kind, {}))).toEqual(needed);
});

test('a seed keeps all of its digits on the way to the studio', () => {
  const request = requestOf('image', { prompt: 'a fox', seed: SAMPLE.seed }, undefined);
  expect(writeJson(request)).toContain('"seed":18446744073709551615');
});

test('what is no number is told at its field', () => {
  const form = { prompt: 'a fox', width: '5.5', cfgScale: 'much', seed: '-1' };
  expect(Object.keys(errorsIn('image', form)).toSorted()).toEqual(['cfgScale', 'seed', 'width']);
});

test('a job of a model names it, and needs what it needs', () => {
  expect(requestOf('llm', { message: 'hi' }, model)).toMatchObject({ model: 'fox', task: { kind: 'llm' } });
  expect(needsOf('llm', model)).toEqual({ kind: 'llm', engine: 'llama-cpp', vramGb: 2.6 });
  expect(needsOf('llm', undefined)).toEqual({ kind: 'llm', engine: 'synthetic', vramGb: 0 });
});

test.each([
  ['image', { width: '512', height: '512', steps: '20', ext: 'webp' }],
  ['llm', { maxTokens: '512', temperature: '0.7' }],
  ['audio_tts', { voice: 'default', ext: 'wav' }],
  ['video', { width: '512', height: '512', seconds: '2', fps: '8', ext: 'mp4' }],
] as const)('an empty field of the %s form shows what it stands for', (kind, expected) => {
  const fields = [...shownFieldsOf(kind), ...moreFieldsOf(kind)];
  const shown = Object.fromEntries(fields.map(({ name, placeholder }) => [name, placeholder]));
  expect(shown).toMatchObject(expected);
});
