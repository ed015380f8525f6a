import { expect, test } from 'bun:test';
import { readChatCompletion, readTranscript } from '../../../src/contract/results.ts';
import { loadFrames } from '../../fixtures/frames/load.ts';

/** The result of the frame about this job, among those that were seen on the wire. */
function resultOf(jobId: string): unknown {
  const frames = loadFrames('worker-says').map(({ frame }) => frame as { jobId?: string; result?: unknown });
  return frames.find((frame) => frame.jobId === jobId && frame.result !== undefined)?.result;
}

test('a chat result as the reference sends it is a chat completion', () => {
  expect(readChatCompletion(resultOf('job-llm'))).toMatchObject({
    is: 'read',
    value: { elapsed_ms: 2549, choices: [{ message: { content: 'answer', reasoning_content: 'x' } }] },
  });
});

test('a transcript as the reference sends it counts its segments', () => {
  const value = { text: 'hello', language: 'en', duration: 1.5, segments: 1 };
  expect(readTranscript(resultOf('job-stt'))).toEqual({ is: 'read', value });
});

test('a list of parts is neither', () => {
  expect(readChatCompletion(resultOf('job-2'))).toMatchObject({ is: 'unreadable' });
  expect(readTranscript(resultOf('job-2'))).toMatchObject({ is: 'unreadable' });
});
