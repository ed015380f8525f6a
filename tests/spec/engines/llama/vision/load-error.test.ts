import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../../src/base/errors.ts';
import { visionLoadError } from '../../../../../src/engines/llama/vision/load-error.ts';

const crashed = (output: string) =>
  new WorkerError(
    'engine.crashed',
    `the llama-cpp engine was killed by SIGSEGV while it loaded the model; its output: ${output}`,
  );

test('a process that ended over a bad file is reported as the bad file', () => {
  const output = "a | b | … | llama_model_load: error loading model: missing tensor 'x' | failed to load model";
  expect(visionLoadError(crashed(output))).toMatchObject({
    code: 'model.unusable',
    message: "not a loadable GGUF file: missing tensor 'x'",
  });
});

test.each([
  ['that ended over something else', crashed('a | b')],
  ['that found no memory', new WorkerError('engine.out-of-memory', 'error loading model: failed to allocate')],
])('a process %s is reported as it ended', (_what, error) => {
  expect(visionLoadError(error)).toBe(error);
});
