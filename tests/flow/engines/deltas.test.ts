import { expect, setDefaultTimeout, test } from 'bun:test';
import type { OnDelta } from '../../../src/engines/deltas.ts';
import type { TaskDelta } from '../../../src/engines/result.ts';
import { createRegistry } from '../../../src/engines/registry.ts';
import { run } from '../../../src/jobs/run.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { aJob, aTask, heldFiles, synthetic } from '../../fakes/builders.ts';
import { textOf } from '../../fakes/engines/deltas.ts';
import { completionOf, llamaScene } from '../../fakes/engines/llama-engine.ts';
import { plainRun, unobserved } from '../../fakes/run-deps.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const WORDS = Array.from({ length: 200 }, (_, at) => [` w${at}`]);

/** A job that chats with a real model in a real child, for somebody who follows the reply. */
async function chat(onDelta: OnDelta, abort = new AbortController()) {
  using scene = llamaScene({ model: { says: WORDS, contextLength: 1024 } });
  const deps = {
    registry: createRegistry([scene.engine]),
    files: { filesFor: () => Promise.resolve({ ...heldFiles, ...scene.files }) },
    ...plainRun,
    clock: systemClock,
    log: recordingLogger(),
    observer: { ...unobserved, onDelta },
  };
  const task = aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }], temperature: 0, maxTokens: 300 });
  return await run(aJob({ task, modelSource: { ...synthetic, engine: 'llama-cpp' } }), deps, abort.signal);
}

const replyOf = (outcome: Awaited<ReturnType<typeof chat>>): string =>
  outcome.is === 'completed' ? completionOf(outcome.result).said : outcome.is;
const EXPECTED = WORDS.join('').trim();

test('a chat in a real child delivers its reply in pieces, in order', async () => {
  const deltas: TaskDelta[] = [];
  const outcome = await chat((delta) => Promise.resolve(void deltas.push(delta)));
  expect(replyOf(outcome)).toBe(EXPECTED);
  expect(textOf(deltas)).toBe(EXPECTED);
});

test('a follower that never takes a second piece does not hold the job', async () => {
  const deltas: TaskDelta[] = [];
  const never = new Promise<void>(() => {});
  const outcome = await chat((delta) => {
    deltas.push(delta);
    return never;
  });
  expect(replyOf(outcome)).toBe(EXPECTED);
  expect(deltas).toHaveLength(1);
  expect(EXPECTED).toStartWith(textOf(deltas));
});

test('a slow follower gets in two pieces what a fast one gets in many', async () => {
  const deltas: TaskDelta[] = [];
  const ended = Promise.withResolvers<void>();
  const outcome = await chat((delta) => {
    deltas.push(delta);
    return ended.promise;
  });
  ended.resolve();
  await ended.promise;
  expect(replyOf(outcome)).toBe(EXPECTED);
  expect([deltas.length, textOf(deltas)]).toEqual([2, EXPECTED]);
});

test('a chat that is cancelled delivers nothing after that', async () => {
  const abort = new AbortController();
  const deltas: TaskDelta[] = [];
  const outcome = await chat((delta) => {
    deltas.push(delta);
    abort.abort(new Error('cancelled'));
    return Promise.resolve();
  }, abort);
  expect([outcome.is, deltas.length]).toEqual(['cancelled', 1]);
});
