import { expect, test } from 'bun:test';
import * as v from 'valibot';
import {
  hasEnded,
  JOB_STATES,
  JobDraftSchema,
  JobQuerySchema,
  JobViewSchema,
  LogQuerySchema,
  ModelDraftSchema,
} from '../../../src/contract/operator/views.ts';
import { parseJson, writeJson } from '../../../src/contract/json.ts';
import { anOffer } from '../../fixtures/frames/load.ts';

const SOURCE = anOffer().claim['modelSource'];

test('a job needs a task and a model, by name or as a recipe', () => {
  const task = { kind: 'image', prompt: 'a fox' };
  expect(v.safeParse(JobDraftSchema, { task, model: 'm' }).success).toBe(true);
  expect(v.safeParse(JobDraftSchema, { task, modelSource: SOURCE }).success).toBe(true);
  expect(v.safeParse(JobDraftSchema, { task }).success).toBe(false);
  expect(v.safeParse(JobDraftSchema, { model: 'm' }).success).toBe(false);
});

test('a queued seed keeps every digit on its way to the studio', () => {
  const draft = { task: { kind: 'image', prompt: 'x', seed: 18_446_744_073_709_551_615n }, model: 'm' };
  const read = v.parse(JobDraftSchema, parseJson(writeJson(draft)));
  expect(writeJson(read)).toContain('"seed":18446744073709551615');
});

test('a complete job is read and written unchanged, absent fields left out', () => {
  const at = '2026-05-25T12:00:00.000Z';
  const facts = { id: 'j', state: 'completed', kind: 'image', model: 'm', prompt: 'p', priority: 0 };
  const artifact = { ext: 'webp', contentType: 'image/webp', sizeBytes: 7, sha256: 'ab' };
  const view = { ...facts, attempts: 1, maxAttempts: 3, createdAt: at, updatedAt: at, finishedAt: at, artifact };
  expect(writeJson(v.parse(JobViewSchema, view))).toBe(writeJson(view));
});

test('only the last three states of a job are ends', () => {
  expect(JOB_STATES.filter(hasEnded)).toEqual(['completed', 'failed', 'cancelled']);
});

test.each([
  [{}, { limit: 50 }],
  [
    { state: 'queued', limit: '500' },
    { state: 'queued', limit: 500 },
  ],
])('a job query of %j means %j', (query, meaning) => {
  const read: unknown = v.parse(JobQuerySchema, query);
  expect(read).toEqual(meaning);
});

test.each([{ limit: '0' }, { limit: '501' }, { limit: '-1' }, { limit: '5.5' }, { state: 'paused' }])(
  'a job query of %j is rejected',
  (query) => {
    expect(v.safeParse(JobQuerySchema, query).success).toBe(false);
  },
);

test('log lines are asked for after the last one seen', () => {
  expect(v.parse(LogQuerySchema, {})).toEqual({ after: 0, limit: 200 });
  expect(v.parse(LogQuerySchema, { after: '41', workerId: 'w' })).toEqual({ after: 41, limit: 200, workerId: 'w' });
});

test('a model may need no memory, never less than none', () => {
  const model = { id: 'm', kind: 'image', vramGbEstimate: 0, source: SOURCE };
  expect(v.safeParse(ModelDraftSchema, model).success).toBe(true);
  expect(v.safeParse(ModelDraftSchema, { ...model, vramGbEstimate: -0.1 }).success).toBe(false);
  expect(v.safeParse(ModelDraftSchema, { ...model, id: '' }).success).toBe(false);
});

test('an estimate with more digits than a number holds is still a number', () => {
  const text = `{"id":"m","kind":"image","vramGbEstimate":12345678901234567890,"source":${writeJson(SOURCE)}}`;
  expect(v.parse(ModelDraftSchema, parseJson(text)).vramGbEstimate).toBe(12_345_678_901_234_567_000);
});
