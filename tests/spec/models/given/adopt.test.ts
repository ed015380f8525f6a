import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { adoptedPath } from '../../../../src/models/given/adopt.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

test('a file that is adopted lies where its engine looks for it', () => {
  expect(adoptedPath('/models', { id: 'my-chat', engine: 'llama-cpp' })).toBe('/models/llm/my-chat.gguf');
});

test.each(['../escape', 'a/b'])('a model of the id %p has no place among the models', async (id) => {
  const adopting = Promise.try(() => adoptedPath('/models', { id, engine: 'llama-cpp' }));
  expect(toWorkerError(await failureOf(adopting)).code).toBe('cli.usage');
});
