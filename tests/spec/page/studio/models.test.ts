import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { ModelDraftSchema } from '../../../../src/contract/operator/views.ts';
import { parseJson, writeJson } from '../../../../src/contract/json.ts';
import {
  draftOf,
  EMPTY_FILE,
  EMPTY_MODEL,
  errorsIn,
  formOf,
  jsonOf,
  readModel,
} from '../../../../src/page/studio/models/draft.ts';

const DRAFT = v.parse(ModelDraftSchema, {
  id: 'z-image',
  kind: 'image',
  displayName: 'Z-Image',
  vramGbEstimate: 7.8,
  source: {
    engine: 'sd-cpp',
    files: [
      { role: 'diffusion-model', url: 'https://a.example/z.gguf', filename: 'z.gguf', approxBytes: 5_583_457_485 },
      { role: 'vae', url: 'https://a.example/ae.gguf', filename: 'ae.gguf', sha256: 'a'.repeat(64) },
    ],
    cliDefaults: { cfgScale: 1, steps: 20, width: 1024, height: 1024, samplingMethod: 'euler', loraWeight: 0.5 },
  },
});

const plain = (value: unknown): unknown => parseJson(writeJson(value));

test('a model goes through the form and back unchanged, with what has no field', () => {
  expect(plain(draftOf(formOf(DRAFT)))).toEqual(plain(DRAFT));
});

test('a model goes through its JSON and back unchanged', () => {
  const read = readModel(jsonOf(DRAFT));
  expect('draft' in read && plain(read.draft)).toEqual(plain(DRAFT));
});

test('a size beyond the numbers of JavaScript keeps its digits', () => {
  const huge = {
    ...formOf(DRAFT),
    files: [{ ...EMPTY_FILE, url: 'https://a.example/x', filename: 'x', size: '9007199254740993' }],
  };
  expect(jsonOf(draftOf(huge))).toContain('9007199254740993');
});

test('what is wrong is told by field, and files by their place', () => {
  const form = { ...formOf(DRAFT), id: ' ', memory: '-1', steps: '1.5' };
  const bad = { ...EMPTY_FILE, url: 'nowhere' };
  const short = { ...EMPTY_FILE, url: 'https://a.example/x', filename: 'x', sha256: 'abc' };
  const errors = errorsIn({ ...form, files: [bad, short] });
  expect(Object.keys(errors)).toEqual(['id', 'memory', 'steps', 'file 0', 'file 1']);
  expect(Object.keys(errorsIn(EMPTY_MODEL))).toEqual(['id']);
  expect(errorsIn(formOf(DRAFT))).toEqual({});
});

test.each([
  ['not JSON', '{'],
  ['colour: is unknown', writeJson({ ...DRAFT, colour: 'red' })],
  ['source.engine', writeJson({ ...DRAFT, source: { ...DRAFT.source, engine: 'comfy' } })],
])('JSON that is no model is refused: %s', (problem, text) => {
  const read = readModel(text);
  expect('problem' in read && read.problem).toContain(problem);
});
