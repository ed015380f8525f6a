import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import type { Task } from '../../../../src/contract/tasks/index.ts';
import { refusedUrl } from '../../../../src/worker/rules/refused-url.ts';
import { anLlmTask, anOffer, aTask } from '../../../fakes/builders.ts';
import { aFile, aSource } from '../../../fakes/models/a-store.ts';

/** The URLs of an offer that are checked, in order; the one named is refused. */
async function checkedOf(about: Parameters<typeof anOffer>[0], refused = '', stored: readonly string[] = []) {
  const checked: string[] = [];
  const because = await refusedUrl(anOffer({ model: toModelId('fox'), ...about }), {
    check: async (what, url) => {
      checked.push(`${what} ${url}`);
      return url === refused ? new WorkerError('url.refused', `${what} URL is refused`) : undefined;
    },
    stored: async () => stored.map((filename) => ({ model: 'fox', filename, state: 'whole' })),
  });
  return { checked, because };
}

const files = [aFile({ url: 'https://a/1', filename: '1.onnx' }), aFile({ url: 'https://a/2', filename: '2.onnx' })];

test('the URLs of all files and inputs are checked, until one is refused', async () => {
  const task = aTask({ kind: 'audio_stt', inputUrl: 'https://b/sound' });
  const about = { modelSource: aSource(files), task };
  expect(await checkedOf(about)).toEqual({
    checked: ['model https://a/1', 'model https://a/2', 'audio https://b/sound'],
    because: undefined,
  });
  expect(await checkedOf(about, 'https://a/2')).toEqual({
    checked: ['model https://a/1', 'model https://a/2'],
    because: 'model URL is refused',
  });
});

test('no URL is checked for local files or engines without files', async () => {
  expect((await checkedOf({ modelSource: aSource(files) }, '', ['1.onnx'])).checked).toEqual(['model https://a/2']);
  expect((await checkedOf({ modelSource: aSource(files, 'synthetic') })).checked).toEqual([]);
});

test.each<[string, Task, readonly string[]]>([
  [
    'an image',
    aTask({ kind: 'image', prompt: '', initImageUrl: 'https://a', maskUrl: 'https://b', refImageUrl: '' }),
    ['init image https://a', 'mask https://b'],
  ],
  ['a video', aTask({ kind: 'video', prompt: '', initImageUrl: 'https://a' }), ['init image https://a']],
  ['speech', aTask({ kind: 'audio_tts', text: 'https://a' }), []],
  [
    'a chat',
    { ...anLlmTask(), images: ['data:image/png;base64,AA', 'DATA:image/png;base64,AA', 'https://a'] },
    ['image https://a'],
  ],
])('of %s those URLs are checked that are fetched', async (_what, task, checked) => {
  expect((await checkedOf({ task })).checked).toEqual([...checked]);
});
