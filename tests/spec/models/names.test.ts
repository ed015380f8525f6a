import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { localPlace, placesOf } from '../../../src/models/store/layout.ts';
import { foldedName } from '../../../src/base/foreign/file-name.ts';
import { sidecarsOf, isModelFileName, modelFolder, plainFileName, shortHash } from '../../../src/models/names.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { aFile } from '../../fakes/models/a-store.ts';

const root = '/models';

test.each([
  ['z-image-turbo-q4_k_m.gguf', 'z-image-turbo-q4_k_m.gguf'],
  ['org/model:v2', 'org_model_v2'],
  ['a\\b c', 'a_b_c'],
  ['..', '__'],
  ['m.', 'm_'],
  ['con', '_con'],
  ['aux.gguf', '_aux.gguf'],
  ['LPT1.v2', '_LPT1.v2'],
  ['.git', '_git'],
  ['', '_'],
  ['../../etc/passwd', '_._.._etc_passwd'],
  ['a/b', 'a_b'],
])('the folder of model "%s" is %s', (model, folder) => {
  expect(modelFolder(model)).toBe(folder);
});

test('a model cannot take the place of programs or of shared folders', () => {
  for (const name of ['bin', 'BIN', 'llm', 'stt', 'onnxruntime', 'torch']) expect(modelFolder(name)).toBe(`${name}_`);
  for (const name of ['bin.', 'bin..', 'bin ', 'Bin\u200B', 'ｂｉｎ', '.bin', 'bin:x', 'bin::$INDEX_ALLOCATION']) {
    expect(foldedName(modelFolder(name))).not.toBe('bin');
  }
});

test('the folder of any model is one segment below the root', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (model) => {
      expect(modelFolder(model)).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
      expect(isModelFileName(modelFolder(model)) || modelFolder(model).length > 240).toBe(true);
    }),
  );
});

test.each([
  '../../etc/passwd',
  'a\\b.gguf',
  '/etc/passwd',
  '',
  '.',
  '..',
  '...',
  'a/b',
  'c:evil',
  'a\0b',
  'x\n',
  'con.gguf',
  'a.',
  'a ',
])('%j is no plain file name', (name) => {
  expect(() => plainFileName(name)).toThrow(`model filename must be a plain file name: ${JSON.stringify(name)}`);
});

test('a name that is ours or too long for disks is rejected', () => {
  expect(isModelFileName('.studio-worker-0123.part')).toBe(false);
  expect(isModelFileName('.STUDIO-worker-0123.part')).toBe(false);
  expect(isModelFileName('ä'.repeat(121))).toBe(false);
  expect(isModelFileName('z_image_turbo-Q4_K.gguf')).toBe(true);
  expect(isModelFileName('.hidden.onnx')).toBe(true);
});

test('the sidecars of two names are different files with short names', () => {
  const hash = shortHash(sha256);
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const first = sidecarsOf('/m', a, hash);
      expect(first.part === sidecarsOf('/m', b, hash).part).toBe(a === b);
      expect(first.progress.length).toBeLessThan(60);
    }),
  );
});

test('image models lie in their own folder, then in the flat cache', () => {
  const { candidates, target } = placesOf(root, 'sd-cpp', 'org/m', aFile({ filename: 'a.gguf' }));
  expect(candidates.map(({ folder }) => folder)).toEqual(['/models/org_m', '/models']);
  expect(target.folder).toBe('/models/org_m');
});

test('language models share a folder, and flat files count by size', () => {
  const sized = placesOf(root, 'llama-cpp', 'm', aFile({ filename: 'a.gguf', approxBytes: 7n }));
  expect(sized.candidates).toMatchObject([
    { folder: '/models/llm' },
    { folder: root, onlySizeBytes: 7 },
    { folder: '/models/m' },
  ]);
  expect(sized.target.folder).toBe('/models/llm');
  const { candidates } = placesOf(root, 'llama-cpp', 'm', aFile({ filename: 'a.gguf' }));
  expect(candidates[1]).not.toHaveProperty('onlySizeBytes');
});

test("speech models lie in their own folder, the operator's, or the flat cache", () => {
  const { candidates, target } = placesOf(root, 'whisper-cpp', 'base', aFile({ filename: 'ggml-base.bin' }));
  expect(candidates.map(({ folder }) => folder)).toEqual(['/models/base', '/models/stt', '/models']);
  expect(target.folder).toBe('/models/base');
});

test("a model without files is the operator's, where engines allow that", () => {
  expect(localPlace(root, 'whisper-cpp', 'ggml-base')).toEqual({ folder: '/models/stt', filename: 'ggml-base.bin' });
  expect(localPlace(root, 'llama-cpp', 'qwen')).toEqual({ folder: '/models/llm', filename: 'qwen.gguf' });
  expect(localPlace(root, 'whisper-cpp', '../escape')).toBeUndefined();
  expect(localPlace(root, 'onnx', 'lama')).toBeUndefined();
});
