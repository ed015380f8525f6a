import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../src/base/errors.ts';
import {
  assertKind,
  libraryFailure,
  loadFailure,
  outOfMemory,
  roleMissing,
  runFailure,
} from '../../../src/engines/failures.ts';
import { withoutPath } from '../../../src/engines/onnx/binding.ts';
import { reasonIn } from '../../../src/engines/whisper/binding.ts';
import { aTask } from '../../fakes/builders.ts';

const GGUF = { format: 'GGUF', hint: 'Offer a .gguf file.' };

test('a file that cannot load is named with a usable format', () => {
  expect(loadFailure({ text: 'invalid magic characters' }, GGUF)).toMatchObject({
    code: 'model.unusable',
    message: 'not a loadable GGUF file: invalid magic characters',
    hint: 'Offer a .gguf file.',
  });
});

test('a run that fails is the fault of the machine, not of the offer', () => {
  expect(runFailure({ text: 'Failed to sample next token' })).toMatchObject({
    code: 'engine.failed',
    message: 'the model could not be run: Failed to sample next token',
  });
});

test('a lack of memory is the fault of neither, and keeps its cause', () => {
  const reported = { text: 'std::bad_alloc', cause: new Error('std::bad_alloc') };
  for (const failure of [loadFailure(reported, GGUF), runFailure(reported), outOfMemory(reported)]) {
    expect(failure).toMatchObject({
      code: 'engine.out-of-memory',
      cause: reported.cause,
      fields: { memory: 'main' },
      hint: expect.stringContaining('Close programs'),
    });
  }
});

test('a missing library’s remedy differs between checkout and release', () => {
  const hintFor = (folder: string | undefined) => libraryFailure('llama.cpp', new Error('no'), folder);
  expect(hintFor(undefined)).toMatchObject({
    code: 'native.unavailable',
    message: 'llama.cpp could not be loaded on this machine: no',
    hint: expect.stringContaining('bun install'),
  });
  expect(hintFor('/cache').hint).toContain('STUDIO_WORKER_CACHE_DIR');
});

test('an engine of one kind rejects others by their studio names', () => {
  const speech = aTask({ kind: 'audio_tts', text: 'hi' });
  expect(() => assertKind(speech, 'llm', 'llama-cpp')).toThrow('llama engine only serves llm tasks, got audio_tts');
  expect(() => assertKind(speech, 'audio_tts', 'piper')).not.toThrow();
  expect(roleMissing('whisper-cpp', 'vad', 'Add one.').message).toBe(
    'the whisper engine needs a file with the role `vad`',
  );
  expect(() => assertKind(speech, 'image', 'sd-cpp')).toThrow('sdcpp engine only serves image tasks, got audio_tts');
});

test('a file that ONNX Runtime cannot load is reported without its folder', () => {
  const text = 'Load model from /home/ada/models/lama/lama.onnx failed:Protobuf parsing failed.';
  expect(withoutPath(text)).toBe('Protobuf parsing failed.');
  expect(toWorkerError(loadFailure({ text: withoutPath(text) }, GGUF)).message).not.toContain('/home');
});

test('the line about memory says more than those that follow from it', () => {
  const lines = [
    'whisper_model_load: type = 2',
    'ggml_aligned_malloc: insufficient memory',
    'whisper_model_load: failed to create a buffer',
    'whisper_init_with_params_no_state: failed to load model',
  ];
  expect(reasonIn(lines)).toBe('ggml_aligned_malloc: insufficient memory');
  expect(reasonIn(lines.toSpliced(1, 1))).toBe('whisper_model_load: failed to create a buffer');
  expect(reasonIn([])).toBeUndefined();
});

test.each([
  ['libgomp.so.1', 'Install libgomp.so.1; on Debian and Ubuntu run `sudo apt install libgomp1`.'],
  ['libonnxruntime.so.1', 'Run `bun install` in the checkout, or use a release for this system.'],
])('a library that lacks its %s fails with a hint', (missing, hint) => {
  const thrown = new Error(`${missing}: cannot open shared object file: No such file or directory`);
  expect(libraryFailure('llama.cpp', thrown, undefined)).toMatchObject({ code: 'native.unavailable', hint });
});
