import { expect, test } from 'bun:test';
import type { ModelSource } from '../../../src/contract/model-source.ts';
import { assertReadsImages } from '../../../src/jobs/chat-images.ts';
import { aJob, aTask, synthetic } from '../../fakes/builders.ts';

const PNG = 'https://example.invalid/a.png';
const projector = { role: 'text-encoder-vision', url: 'https://example.invalid/p.gguf', filename: 'p.gguf' } as const;
const vision = { files: [{ ...projector, approxBytes: undefined, sha256: undefined }] };

const check = (images: readonly string[] | undefined, source: Partial<ModelSource> = vision, role = 'user') => {
  const messages = [{ role, content: 'what is it?' }];
  assertReadsImages(aJob({ task: aTask({ kind: 'llm', messages, images }), modelSource: { ...synthetic, ...source } }));
};

test.each(['synthetic', 'llama-cpp', 'torch'] as const)(
  'images for a model of %s without a projector are rejected for good',
  (engine) => {
    expect(() => check([PNG], { engine, files: [] })).toThrow(
      expect.objectContaining({
        code: 'task.images-unsupported',
        message:
          'model `synthetic` reads no images: its model source has no vision projector (a `text-encoder-vision` file)',
        retryable: false,
      }),
    );
  },
);

test('a chat reads sixteen images, and seventeen are rejected for good', () => {
  check(Array<string>(16).fill(PNG));
  expect(() => check(Array<string>(17).fill(PNG))).toThrow(
    expect.objectContaining({
      message: 'the task carries 17 images; a chat reads at most 16',
      retryable: false,
    }),
  );
});

test('a model without a projector is named before the number of images', () => {
  expect(() => check(Array<string>(17).fill(PNG), {})).toThrow('has no vision projector');
});

test('images without a message of the user may be tried again', () => {
  expect(() => check([PNG], vision, 'system')).toThrow(
    expect.objectContaining({
      message: 'the task carries images but no user message to read them with',
      retryable: true,
    }),
  );
});

test('a chat without images needs no projector and no message', () => {
  check(undefined, {}, 'system');
  check([], {}, 'system');
});
