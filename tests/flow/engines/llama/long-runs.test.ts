import { expect, setDefaultTimeout, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { aTask } from '../../../fakes/builders.ts';
import { completionOf, llamaScene } from '../../../fakes/engines/llama-engine.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';
import { TEST_MS } from '../../wait-for.ts';

setDefaultTimeout(TEST_MS);

const { signal } = new AbortController();
const context = { signal, progress: () => {}, emit: () => {} };
const chat = (content: string) => aTask({ kind: 'llm', messages: [{ role: 'user', content }], maxTokens: 4 });

/** Ways to split a text into words that each call themselves once for a character of an unbroken run. */
const PRE_TOKENIZERS = ['gpt-4o', 'tekken', 'deepseek-v3', 'llama4', 'seed-coder'];

test.each(PRE_TOKENIZERS)('no unbroken run of characters ends a model of the kind %s', async (preTokenizer) => {
  using scene = llamaScene({ model: { says: [['Hello']], preTokenizer, contextLength: 4_096 } });
  await using model = await scene.engine.load(scene.files, signal, USUAL);
  const first = await model.run(chat('Hi'), context);
  for (const one of ['a', '=', ' ', '\n', '我']) {
    const failure = await model.run(chat(one.repeat(30_000)), context).then(
      () => undefined,
      (thrown: unknown) => toWorkerError(thrown),
    );
    expect(failure?.code).toBe('task.prompt-too-long');
  }
  expect(completionOf(await model.run(chat('Hi'), context)).said).toBe(completionOf(first).said);
  expect(scene.log.find('engine.crashed')).toBeUndefined();
});

test('a chat of a hundred thousand messages is refused before it is rendered', async () => {
  using scene = llamaScene({ model: { says: [['Hello']] } });
  await using model = await scene.engine.load(scene.files, signal, USUAL);
  const messages = Array.from({ length: 100_000 }, () => ({ role: 'user', content: 'x' }));
  const failure = await model.run(aTask({ kind: 'llm', messages }), context).then(
    () => undefined,
    (thrown: unknown) => toWorkerError(thrown),
  );
  expect(failure).toMatchObject({ code: 'task.prompt-too-long', message: expect.stringContaining('at least 100000') });
});
