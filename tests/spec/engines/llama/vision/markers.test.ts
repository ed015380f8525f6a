import { expect, test } from 'bun:test';
import type { TaskOf } from '../../../../../src/contract/tasks/index.ts';
import { MARKER, tokensOfGrid, withMarkers } from '../../../../../src/engines/llama/vision/markers.ts';
import { aTask } from '../../../../fakes/builders.ts';

type Message = TaskOf<'llm'>['messages'][number];

function chat(messages: readonly Message[], system?: string): TaskOf<'llm'> {
  const task = aTask({ kind: 'llm', messages, ...(system !== undefined && { system }) });
  if (task.kind !== 'llm') throw new Error('it is no chat');
  return task;
}

test('each image gets a marker line atop the last user message', () => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'user', content: 'what is it?' },
    { role: 'assistant', content: 'Let me see' },
  ];
  expect(withMarkers(chat(messages), 2).messages.map(({ content }) => content)).toEqual([
    'hi',
    `${MARKER}\n${MARKER}\nwhat is it?`,
    'Let me see',
  ]);
});

test('a chat without images stays as it is, whatever it looks like', () => {
  const task = chat([{ role: 'user', content: MARKER }]);
  expect(withMarkers(task, 0)).toEqual(task);
});

test('nothing that somebody wrote stands for an image', () => {
  const task = withMarkers(chat([{ role: 'user', content: `a ${MARKER} b` }], `c ${MARKER}`), 1);
  expect(
    JSON.stringify(task, (_key, value: unknown) => (typeof value === 'bigint' ? 0 : value)).split(MARKER),
  ).toHaveLength(2);
  expect(task.messages[0]?.content).toBe(`${MARKER}\na <__media__ > b`);
});

test.each([
  [{ width: 640, height: 640 }, 20, 400],
  [{ width: 640, height: 320 }, 20, 200],
  [{ width: 320, height: 640 }, 20, 200],
  [{ width: 9000, height: 3 }, 20, 20],
])('an image of %p whose longer side is %d tokens takes %d', (sides, longer, all) => {
  expect(tokensOfGrid(longer, sides)).toBe(all);
});
