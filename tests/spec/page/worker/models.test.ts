import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { CatalogueEntrySchema } from '../../../../src/contract/catalogue.ts';
import { EMPTY_FORM, entryOf, errorsIn, suggestedId } from '../../../../src/page/worker/models/draft.ts';
import { filterModels, modelLook, NO_MODEL_FILTER, sizeOf } from '../../../../src/page/worker/models/look.ts';
import { ABSENT, MODELS, PULL, QWEN, WAN } from '../../../page/models.ts';
import { NOW } from '../../../page/moment.ts';

const FACTS = { now: NOW, vramTotalGb: 16, verdict: undefined };
const look = (id: string) =>
  modelLook(
    MODELS.find((model) => model.id === id)!,
    FACTS,
  );

test('every model stands in one section with one thing to do', () => {
  const seen = MODELS.map((model) => modelLook(model, FACTS)).map(({ section, word, action }) => [
    section,
    word,
    action,
  ]);
  expect(seen).toEqual([
    ['memory', 'In use', 'unload'],
    ['memory', 'Loaded', 'unload'],
    ['disk', 'On disk', 'load'],
    ['disk', 'Not loaded', 'load'],
    ['download', 'Downloading', 'stop'],
    ['absent', 'Not downloaded', 'download'],
    ['absent', 'Too large', 'download'],
    ['absent', 'Download failed', 'resume'],
  ]);
});

test('notes say how long yet, what is needed and where a model comes from', () => {
  expect(look('qwen3.5-2b').note).toMatch(/^idle, unloads in 3m 1\ds$/);
  expect(look('qwen-image-edit-2511').note).toBe('1m 55s left');
  expect(look('wan2.2-ti2v-5b').note).toBe('needs 9.0 GiB');
  expect(look('wan2.2-a14b').note).toBe('needs 19.2 of 16.0 GiB');
  expect(look('qwen3.5-0.8b').note).toBe('from the studio');
});

test('what went wrong is told as sentences', () => {
  expect(look('trellis-2').trouble).toBe('The host answered 503. It is asked again with the next job');
  expect(look('whisper-large-v3-turbo').trouble).toBe('There is not enough GPU memory for the model');
});

test('a download that waits or verifies does not claim to move', () => {
  const at = (phase: typeof PULL.phase) => modelLook({ ...ABSENT, pull: { ...PULL, phase } }, FACTS);
  expect(at('wait')).toMatchObject({ word: 'Waiting', note: 'another process is downloading it' });
  expect(at('verify')).toMatchObject({ word: 'Verifying', note: 'file 1 of 2' });
  const slow = modelLook({ ...ABSENT, pull: { ...PULL, bytesPerSecond: 0 } }, FACTS);
  expect(slow.note).toBe('file 1 of 2');
});

test('a damaged model is downloaded again, one whose engine keeps none says so', () => {
  const verdict = { files: [{ filename: 'wan.gguf', verdict: 'broken', because: 'its checksum is another' } as const] };
  expect(modelLook(WAN, { ...FACTS, verdict })).toMatchObject({ word: 'Damaged', action: 'downloadAgain' });
  const whole = { files: [{ filename: 'wan.gguf', verdict: 'verified' } as const] };
  expect(modelLook(WAN, { ...FACTS, verdict: whole }).note).toBe('verified');
  expect(modelLook({ ...WAN, loadable: false }, FACTS).off).toBe('Its engine loads it with each job');
  expect(modelLook({ ...WAN, enabled: false }, FACTS)).toMatchObject({ note: 'turned off' });
});

test('without a known GPU no model is called too large', () => {
  expect(modelLook({ ...ABSENT, vramGbEstimate: 99 }, { ...FACTS, vramTotalGb: 0 }).word).toBe('Not downloaded');
});

test('a size is told only where it is known', () => {
  expect(sizeOf(QWEN)).toBe(QWEN.disk.sizeBytes);
  expect(sizeOf(ABSENT)).toBe(undefined);
  const files = ABSENT.source.files.map((file) => ({ ...file, approxBytes: 5n }));
  expect(sizeOf({ ...ABSENT, source: { ...ABSENT.source, files } })).toBe(5);
});

test('the catalogue is narrowed by kind and by what is searched', () => {
  expect(filterModels(MODELS, { ...NO_MODEL_FILTER, kind: 'llm' })).toHaveLength(2);
  expect(filterModels(MODELS, { ...NO_MODEL_FILTER, search: ' TRELLIS' })).toHaveLength(1);
  expect(filterModels(MODELS, { kind: 'mesh', search: 'qwen' })).toEqual([]);
});

const FORM = { ...EMPTY_FORM, url: 'https://models.example.com/a/b%20c.gguf?x=1', id: 'b-c' };

test('an address suggests an ID, and a form makes an entry of the catalogue', () => {
  expect(suggestedId(FORM.url)).toBe('b-c');
  expect(suggestedId('https://models.example.com/%C3.gguf')).toBe('-C3');
  expect(errorsIn(FORM, new Set())).toEqual({});
  const entry = entryOf({ ...FORM, memory: '4,2', sha256: 'A'.repeat(64) });
  expect(v.is(CatalogueEntrySchema, entry)).toBe(true);
  expect(entry).toMatchObject({
    kind: 'llm',
    vramGbEstimate: 4.2,
    source: { engine: 'llama-cpp', files: [{ sha256: 'a'.repeat(64) }] },
  });
  const speech = entryOf({ ...FORM, url: 'https://models.example.com/ggml-base.bin' });
  expect(speech).toMatchObject({ kind: 'audio_stt', source: { engine: 'whisper-cpp' } });
});

test.each([
  [{ url: 'http://models.example.com/a.gguf' }, 'url'],
  [{ url: 'https://models.example.com/a.safetensors' }, 'url'],
  [{ id: 'a b' }, 'id'],
  [{ id: '' }, 'id'],
  [{ id: 'taken' }, 'id'],
  [{ sha256: 'zz' }, 'sha256'],
  [{ memory: '-1' }, 'memory'],
  [{ memory: 'much' }, 'memory'],
])('a form with %p says what is wrong', (change, field) => {
  expect(Object.keys(errorsIn({ ...FORM, ...change }, new Set(['taken'])))).toEqual([field]);
});
