import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { saysNoMemory, unlessNoMemory, whereShort } from '../../../src/engines/no-memory.ts';
import * as onnx from '../../../src/engines/onnx/failures.ts';
import * as whisper from '../../../src/engines/whisper/failures.ts';

const MAIN = { memory: 'main' } as const;
const WORDS = [
  'std::bad_alloc',
  'CUDA error: out of memory',
  'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 4096',
  'vk::Device::allocateMemory: ErrorOutOfDeviceMemory',
  'Failed to allocate memory for requested buffer of size 67108864',
  'insufficient memory',
  'mmap: Cannot allocate memory',
  'unable to allocate Vulkan0 buffer',
];

test.each(WORDS)('memory is gone, and not the model at fault, where a library says: %s', (said) => {
  expect(saysNoMemory(said)).toBe(true);
  const codes = [
    onnx.loadFailure(said, undefined),
    onnx.runFailure(said, undefined),
    whisper.loadFailure('/m/base.bin', said),
    whisper.runFailure(said, undefined),
  ].map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set(['engine.out-of-memory']));
});

test('a file that is no model is the fault of the offer, and a run that fails that of the machine', () => {
  expect(onnx.loadFailure('Protobuf parsing failed.', undefined).code).toBe('model.unusable');
  expect(onnx.runFailure('Got invalid dimensions', undefined).code).toBe('engine.failed');
  expect(whisper.loadFailure('/m/base.bin', 'invalid model data (bad magic)').code).toBe('model.unusable');
  expect(whisper.runFailure('Context is busy', undefined).code).toBe('engine.failed');
});

test.each([
  ['std::bad_alloc', MAIN],
  ['mmap: Cannot allocate memory', MAIN],
  ['cudaMalloc failed: out of memory\nterminate called: std::bad_alloc', {}],
  ['vk::Device::allocateMemory: ErrorOutOfDeviceMemory', {}],
  ['out of memory', {}],
])('a program that says %j was short of this memory: %j', (said, where) => {
  expect(whereShort(said)).toEqual(where);
});

test('what caused a failure is kept, whatever it turns out to be', () => {
  const cause = new Error('std::bad_alloc');
  expect(unlessNoMemory('std::bad_alloc', new WorkerError('engine.failed', 'no', { cause })).cause).toBe(cause);
});

test('the line about memory says more than those that follow from it', () => {
  const lines = [
    'whisper_model_load: type = 2',
    'ggml_aligned_malloc: insufficient memory',
    'whisper_model_load: failed to create a buffer',
    'whisper_init_with_params_no_state: failed to load model',
  ];
  expect(whisper.reasonIn(lines)).toBe('ggml_aligned_malloc: insufficient memory');
  expect(whisper.reasonIn(lines.toSpliced(1, 1))).toBe('whisper_model_load: failed to create a buffer');
  expect(whisper.reasonIn([])).toBeUndefined();
});
