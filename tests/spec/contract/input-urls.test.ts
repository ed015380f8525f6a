import { expect, test } from 'bun:test';
import { inputsOffered, isTaskKind, kindName, TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import { aTask } from '../../fakes/builders.ts';

const URL = 'https://x.example/a.png';
const INLINE = 'data:image/png;base64,AAAA';

test('a task offers each input that it names by URL, with what it is', () => {
  const image = { kind: 'image', prompt: '', initImageUrl: URL, maskUrl: URL, refImageUrl: URL } as const;
  expect(inputsOffered(aTask(image)).map(({ what }) => what)).toEqual(['init image', 'mask', 'reference image']);
  expect(inputsOffered(aTask({ kind: 'audio_stt', inputUrl: URL }))).toEqual([{ what: 'audio', url: URL }]);
  expect(inputsOffered(aTask({ kind: 'mesh', imageUrl: URL }))).toEqual([{ what: 'image', url: URL }]);
  expect(inputsOffered(aTask({ kind: 'audio_tts', text: URL }))).toEqual([]);
});

test('an image inside the task and an empty URL offer nothing', () => {
  expect(inputsOffered(aTask({ kind: 'llm', messages: [], images: [INLINE, URL] }))).toEqual([
    { what: 'image', url: URL },
  ]);
  expect(inputsOffered(aTask({ kind: 'mesh', imageUrl: INLINE }))).toEqual([]);
  expect(inputsOffered(aTask({ kind: 'video', prompt: '', initImageUrl: '' }))).toEqual([]);
});

test('every task kind has a name of its own for people', () => {
  expect(new Set(TASK_KIND_IDS.map(kindName)).size).toBe(TASK_KIND_IDS.length);
  expect(kindName('audio_stt')).toBe('Speech to text');
  expect(['mesh', 'toString', 'Image'].filter(isTaskKind)).toEqual(['mesh']);
});
