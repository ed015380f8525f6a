import { expect, test } from 'bun:test';
import type { EngineName, ModelFile } from '../../../../src/contract/model-source.ts';
import { sourceProblem } from '../../../../src/models/store/source-check.ts';
import { aSource } from '../../../fakes/models/a-store.ts';

const problemOf = (engine: EngineName, files: readonly Partial<ModelFile>[]): string | undefined =>
  sourceProblem('m', aSource(files, engine))?.message;

test("a source without its engine's file is rejected with the role named", () => {
  const files = [{ role: 'vae', filename: 'v' }] as const;
  expect(problemOf('sd-cpp', files)).toContain('no file with the role diffusion-model or model');
  expect(problemOf('onnx', files)).toContain('no file with the role model');
  expect(problemOf('llama-cpp', files)).toBe('llama modelSource for `m` contained no .gguf file');
  expect(problemOf('whisper-cpp', [{ role: 'vad', filename: 'v.bin' }])).toContain('no file with the role model');
});

test('without any file the model may be one that the operator put there', () => {
  for (const engine of ['llama-cpp', 'whisper-cpp', 'synthetic'] as const)
    expect(problemOf(engine, [])).toBeUndefined();
});

test('a vision projector or a second file does not make a chat model', () => {
  const projector = { role: 'text-encoder-vision', filename: 'mmproj.gguf' } as const;
  const model = { role: 'model', filename: 'qwen.GGUF' } as const;
  const lacks = 'llama modelSource for `m` contained no .gguf file';
  expect(problemOf('llama-cpp', [projector])).toBe(lacks);
  expect(problemOf('llama-cpp', [{ role: 'model', filename: 'a.bin' }, model])).toBe(lacks);
  expect(problemOf('llama-cpp', [projector, model])).toBeUndefined();
  expect(problemOf('llama-cpp', [{ ...model, role: 'diffusion-model' }])).toBeUndefined();
});

test.each([
  ['caſe.onnx', 'case.onnx'],
  ['café.onnx', 'cafe\u0301.onnx'],
  ['Größe.onnx', 'GRÖSSE.onnx'],
  ['ﬁne.onnx', 'fine.onnx'],
])('two URLs under %j and %j, one file on some disks, are rejected', (a, b) => {
  const files = [
    { filename: a, url: 'https://a/1' },
    { filename: b, url: 'https://a/2' },
  ];
  expect(problemOf('onnx', files)).toContain('two files of model `m` are called');
});

test('a model id too long for a folder is rejected before any download', () => {
  const source = aSource([{}], 'onnx');
  expect(sourceProblem('m'.repeat(241), source)).toMatchObject({ code: 'model.filename-unsafe' });
  expect(sourceProblem('m'.repeat(240), source)).toBeUndefined();
});

test('two URLs under one name are rejected, whatever their case', () => {
  const one = { filename: 'A.gguf', url: 'https://a/1' };
  expect(problemOf('onnx', [one, { filename: 'a.gguf', url: 'https://a/2' }])).toBe(
    'two files of model `m` are called "a.gguf"',
  );
  expect(problemOf('onnx', [one, one])).toBeUndefined();
});

test('a file name that escapes its folder or an impossible digest is named', () => {
  expect(problemOf('onnx', [{ filename: '../a.onnx' }])).toBe('model filename must be a plain file name: "../a.onnx"');
  expect(problemOf('onnx', [{}, { role: 'labels', filename: 'l', sha256: 'ab' }])).toBe(
    'the sha256 of l is not 64 hex digits: no file can match it',
  );
});

test('a LoRA that a prompt cannot name is rejected for sd-cpp', () => {
  const files = [{ filename: 'sd.gguf' }, { role: 'lora', filename: 'ink>1 bold.safetensors' }] as const;
  expect(problemOf('sd-cpp', files)).toContain('the LoRA file "ink>1 bold.safetensors" cannot be named in a prompt');
  expect(problemOf('sd-cpp', [{ filename: 'sd.gguf' }, { role: 'lora', filename: 'ink.gguf' }])).toBeUndefined();
});

test('an engine that reads no files has nothing against any of them', () => {
  expect(problemOf('synthetic', [{ filename: '../a', sha256: 'ab' }])).toBeUndefined();
});

test.each([
  [{}, "the torch engine needs `pipeline` in the model's cliDefaults"],
  [
    { pipeline: 'bogus', maxVramGib: 8 },
    'unknown torch pipeline `bogus` (this worker has: pixal3d, trellis2, hunyuan3d)',
  ],
  [{ pipeline: 'trellis2' }, "the torch engine needs `maxVramGib` in the model's cliDefaults"],
  [{ pipeline: 'trellis2', maxVramGib: 0 }, "the torch engine needs `maxVramGib` in the model's cliDefaults"],
  [{ pipeline: 'trellis2', maxVramGib: 8 }, undefined],
])('a mesh model with the defaults %j has this against it: %s', (defaults, problem) => {
  const source = aSource([], 'torch');
  const cliDefaults = { ...source.cliDefaults, ...defaults };
  expect(sourceProblem('m', { ...source, cliDefaults })?.message).toBe(problem);
});
