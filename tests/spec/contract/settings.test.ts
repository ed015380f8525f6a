import { expect, test } from 'bun:test';
import { settingsOf } from '../../../src/contract/tasks/index.ts';
import { aTask } from '../../fakes/builders.ts';

test('settings are what a task asks for, without what it leaves to the model', () => {
  const image = {
    kind: 'image',
    prompt: 'a fox',
    width: 1024,
    height: 0,
    steps: 20,
    seed: 18446744073709551615n,
  } as const;
  expect(settingsOf(aTask(image))).toEqual({ width: 1024, steps: 20, seed: '18446744073709551615' });
  expect(settingsOf(aTask({ kind: 'audio_tts', text: 'hi', voice: 'alba' }))).toEqual({ voice: 'alba' });
  expect(settingsOf(aTask({ kind: 'video', prompt: '', seconds: 2.5, fps: 24 }))).toMatchObject({
    seconds: 2.5,
    fps: 24,
  });
  expect(settingsOf(aTask({ kind: 'mesh', imageUrl: 'https://x.example/a.png', seed: 7 }))).toEqual({ seed: '7' });
});
