import { expect, test } from 'bun:test';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { ggufFile, text } from '../../../src/demo/weights/gguf.ts';
import { transcribingModel } from '../../../src/demo/weights/transcriber.ts';
import { visionProjector } from '../../fakes/engines/vision-weights.ts';
import { describeModel } from '../../../src/models/headers/describe.ts';

/** A command reads no more than the beginning. */
const startOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, 64 * 1024);

test.each([
  ['a chat model', chatModel(), { engine: 'llama-cpp', kind: 'llm' }],
  ['a Whisper model', transcribingModel(), { engine: 'whisper-cpp', kind: 'audio_stt' }],
])('%s is known by its first bytes', (_what, bytes, facts) => {
  expect(describeModel(startOf(bytes))).toEqual({ is: 'model', ...facts } as ReturnType<typeof describeModel>);
});

test.each([
  ['a vision projector', visionProjector(), 'the vision projector of a chat model'],
  ['a diffusion model', ggufFile([text('general.architecture', 'flux')], []), 'a diffusion model (flux)'],
  ['anything else', new TextEncoder().encode('<!doctype html>'), 'neither a GGUF nor a Whisper model'],
  ['nothing', new Uint8Array(), 'neither a GGUF nor a Whisper model'],
])('%s is not taken for a model', (_what, bytes, words) => {
  expect(describeModel(startOf(bytes))).toMatchObject({
    is: 'unknown',
    because: expect.stringContaining(words) as string,
  });
});

test('a header cut at any byte is described without a fault', () => {
  const bytes = startOf(chatModel());
  for (let end = 4; end < 400; end++) expect(describeModel(bytes.subarray(0, end)).is).toBe('model');
});
