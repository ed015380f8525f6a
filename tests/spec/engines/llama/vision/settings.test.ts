import { expect, test } from 'bun:test';
import {
  visionDeviceOf,
  samplerOf,
  visionSettingsOf,
  writtenBy,
} from '../../../../../src/engines/llama/vision/settings.ts';

const facts = { 'general.architecture': 'llama', 'llama.block_count': '33' };

test.each([
  ['on a GPU', { gpu: 'auto', lean: false }, 8192, { n_gpu_layers: 999, n_batch: 2048, n_ubatch: 2048 }],
  ['lean', { gpu: 'auto', lean: true }, 8192, { n_gpu_layers: 16, n_batch: 2048, n_ubatch: 2048 }],
  ['on the CPU', { gpu: 'cpu', lean: false }, 8192, { n_gpu_layers: 0, n_batch: 2048, n_ubatch: 2048 }],
  ['with a small context', { gpu: 'auto', lean: false }, 300, { n_gpu_layers: 999, n_batch: 300, n_ubatch: 300 }],
] as const)('a model loaded %s takes a whole image in one batch', (_how, how, contextSize, settings) => {
  expect(visionSettingsOf('/m.gguf', how, { facts, contextSize, threads: 3 })).toMatchObject({
    ...settings,
    n_ctx: contextSize,
    n_threads: 3,
    ctx_shift: false,
  });
});

test.each([
  [['CUDA0', 'CUDA1'], 'cuda'],
  [['Vulkan0'], 'vulkan'],
  [['MTL0'], 'metal'],
  [['CPU'], 'cpu'],
  [[], 'cpu'],
] as const)('a model on the devices %p runs on %s', (names, device) => {
  expect(visionDeviceOf(names)).toBe(device);
});

test('a reply is written by the task alone, without habits of the library', () => {
  expect(samplerOf({ temperature: -1, topP: undefined, seed: 1234, grammar: undefined })).toEqual({
    temperature: 0,
    top_k: 0,
    top_p: 1,
    min_p: 0,
    dry_multiplier: 0,
    seed: 1234,
  });
  expect(samplerOf({ temperature: 1, topP: 0.5, seed: 1, grammar: 'root ::= "a"' })).toMatchObject({
    top_p: 0.5,
    grammar: 'root ::= "a"',
  });
});

const done = {
  text: 'yes',
  tokens_predicted: 3,
  stopped_eos: true,
  stopped_words: false,
  stopped_limited: false,
  context_full: false,
  timings: { prompt_n: 20 },
};

test('the token that the library forgets to count after a text is counted', () => {
  expect(writtenBy(done, true).tokens).toBe(3);
  expect(writtenBy(done, false).tokens).toBe(4);
  expect(writtenBy({ ...done, timings: { prompt_n: 1 } }, false).tokens).toBe(3);
  expect(writtenBy({ ...done, text: '', tokens_predicted: 0 }, false).tokens).toBe(0);
});

test.each([
  ['its end', {}, 'stop'],
  ['a stop string with its last token', { stopped_eos: false, stopped_words: true, stopped_limited: true }, 'stop'],
  ['its limit', { stopped_eos: false, stopped_limited: true }, 'length'],
  ['the end of the context', { stopped_eos: false, context_full: true }, 'length'],
] as const)('a reply that ends at %s says so', (_what, about, finish) => {
  expect(writtenBy({ ...done, ...about }, true).finish).toBe(finish);
});

test('half a character at the end is no part of a reply', () => {
  expect(writtenBy({ ...done, text: 'caf\uFFFD' }, true).text).toBe('caf');
});
