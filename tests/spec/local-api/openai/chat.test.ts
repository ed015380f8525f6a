import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { WorkerError } from '../../../../src/base/errors.ts';
import { toJobId } from '../../../../src/base/ids.ts';
import type { TaskResult } from '../../../../src/engines/result.ts';
import { ChatRequestSchema } from '../../../../src/local-api/contract/openai/chat.ts';
import { answerChat } from '../../../../src/local-api/openai/chat.ts';
import type { LocalResult, Requester } from '../../../../src/worker/local/local-jobs.ts';
import { aJob, synthetic } from '../../../fakes/builders.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

const entry = {
  id: 'tiny-chat',
  displayName: 'Tiny',
  kind: 'llm',
  vramGbEstimate: 1,
  source: synthetic,
  enabled: true,
  origin: 'local',
} as const;

const saying = (content: string): TaskResult => ({
  is: 'json',
  value: {
    choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  },
});

/** One chat whose job the test carries out by hand. */
function setup(change: Record<string, unknown> = {}) {
  const clock = new FakeClock();
  const started = Promise.withResolvers<Requester>();
  const done = Promise.withResolvers<LocalResult>();
  const client = new AbortController();
  const request = v.parse(ChatRequestSchema, { messages: [{ role: 'user', content: 'hi' }], ...change });
  const answer = answerChat(
    request,
    { entry, signal: client.signal },
    {
      clock,
      local: {
        run(_request, requester) {
          started.resolve(requester);
          requester.onStart?.(toJobId('local-1'));
          requester.signal.addEventListener('abort', () => done.reject(new WorkerError('job.cancelled', 'gone')));
          return done.promise;
        },
      },
    },
  );
  answer.catch(() => {}); // each test awaits it in its own time
  const finish = (result: TaskResult): void =>
    done.resolve({
      is: 'completed',
      job: aJob({ id: 'local-1' }),
      startedAt: 0,
      finishedAt: 1,
      result,
    });
  return { clock, client, answer, done, finish, started: started.promise };
}

const STREAM = { stream: true };

/** The texts of a stream that has ended, and what came last. */
async function read(response: Response) {
  const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
  const events = lines.map((line) => line.replace(/^data: /, ''));
  const chunks = events.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as Record<string, never>);
  const text = chunks.map(({ choices }) => choices?.[0]?.['delta']?.['content'] ?? '').join('');
  return { text, chunks, last: events.at(-1) };
}

test('a chat that is not answered before its deadline ends with its job', async () => {
  const { clock, answer, started } = setup({ deadline_ms: 500 });
  const { signal } = await started;
  clock.advance(500);
  expect(await answer.catch((thrown: unknown) => thrown)).toMatchObject({ status: 504 });
  expect(signal.aborted).toBe(true);
});

test('a chat that was answered in time leaves no deadline behind', async () => {
  const { clock, answer, finish, started } = setup({ deadline_ms: 500 });
  const { signal } = await started;
  finish(saying('hello'));
  expect((await answer).status).toBe(200);
  clock.advance(1_000);
  expect(signal.aborted).toBe(false);
});

test('a client that goes away before the first word ends the job', async () => {
  const { client, answer, started } = setup(STREAM);
  const { signal } = await started;
  client.abort();
  expect(signal.aborted).toBe(true);
  expect(await answer.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'job.cancelled' });
});

test('a client that goes away in the middle of a stream ends the job', async () => {
  const { answer, started } = setup(STREAM);
  const { signal, onDelta } = await started;
  void onDelta?.({ is: 'text', text: 'A fox' });
  const response = await answer;
  await response.body?.cancel();
  await settle();
  expect(signal.aborted).toBe(true);
});

test('words are streamed as they are written, and the end adds what is missing', async () => {
  const { answer, started, finish } = setup(STREAM);
  const { onDelta } = await started;
  void onDelta?.({ is: 'text', text: 'A fox' });
  const response = await answer;
  finish(saying('A fox is red.'));
  const { text, chunks, last } = await read(response);
  expect(text).toBe('A fox is red.');
  expect(chunks.at(-1)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: { total_tokens: 3 } });
  expect(last).toBe('[DONE]');
});

test('an engine that restarts its reply repeats no words to the client', async () => {
  const { answer, started, finish } = setup(STREAM);
  const { onDelta } = await started;
  void onDelta?.({ is: 'text', text: 'A fox' });
  const response = await answer;
  void onDelta?.({ is: 'restart' });
  void onDelta?.({ is: 'text', text: 'A f' });
  void onDelta?.({ is: 'text', text: 'ox is' });
  finish(saying('A fox is red.'));
  expect((await read(response)).text).toBe('A fox is red.');
});

test('an answer that comes all at once is streamed to a client that waits', async () => {
  const { answer, started, finish } = setup(STREAM);
  await started;
  finish(saying('A fox is red.'));
  const { text, last } = await read(await answer);
  expect({ text, last }).toEqual({ text: 'A fox is red.', last: '[DONE]' });
});

test('an engine that restarts with other words ends the stream with an error', async () => {
  const { answer, started, finish } = setup(STREAM);
  const { onDelta } = await started;
  void onDelta?.({ is: 'text', text: 'A fox' });
  const response = await answer;
  finish(saying('Some owl.'));
  const { text, chunks } = await read(response);
  expect(text).toBe('A fox');
  expect(chunks.at(-1)).toMatchObject({ error: { code: 'engine_failed', type: 'server_error' } });
});

test('a job that fails before its first word is a status, not a stream', async () => {
  const { answer, started, done } = setup(STREAM);
  await started;
  done.reject(new WorkerError('local.busy', 'this worker is busy with job-1'));
  expect(await answer.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'local.busy' });
});

test('a job that fails after its first word ends the stream with an error', async () => {
  const { answer, started, done } = setup(STREAM);
  const { onDelta } = await started;
  void onDelta?.({ is: 'text', text: 'A' });
  const response = await answer;
  done.reject(new WorkerError('engine.crashed', 'it died'));
  const { chunks, last } = await read(response);
  const end: unknown = chunks.at(-1);
  expect(end).toEqual({
    error: { message: 'it died', type: 'server_error', code: 'engine_crashed' },
  });
  expect(last).not.toBe('[DONE]');
});

test('a result that is no chat is an error of the engine', async () => {
  const { answer, started, finish } = setup();
  await started;
  finish({ is: 'json', value: { text: 'no choices' } });
  expect(await answer.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'engine.failed' });
});
