import { expect, test } from 'bun:test';
import { isOutOfMemory, exhaustedMemoryIn } from '../../../src/engines/out-of-memory.ts';

const MAIN = { memory: 'main' } as const;

test.each([
  'std::bad_alloc',
  'CUDA error: out of memory',
  'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 4096',
  'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 0: cudaMalloc failed: out of memory',
  'ggml_aligned_malloc: insufficient memory (attempted to allocate 81920.00 MB)',
  'vk::Device::allocateMemory: ErrorOutOfDeviceMemory',
  'Failed to allocate memory for requested buffer of size 67108864',
  'insufficient memory',
  'mmap: Cannot allocate memory',
  'unable to allocate Vulkan0 buffer',
])('a library that reports %j ran out of memory', (text) => {
  expect(isOutOfMemory(text)).toBe(true);
});

test.each([
  ['std::bad_alloc', MAIN],
  ['mmap: Cannot allocate memory', MAIN],
  ['cudaMalloc failed: out of memory\nterminate called: std::bad_alloc', {}],
  ['vk::Device::allocateMemory: ErrorOutOfDeviceMemory', {}],
  ['out of memory', {}],
])('a program that reports %j was short of this memory: %j', (text, where) => {
  expect(exhaustedMemoryIn(text)).toEqual(where);
});
