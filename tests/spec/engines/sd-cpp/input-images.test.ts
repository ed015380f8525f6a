import { expect, test } from 'bun:test';
import type { TaskOf } from '../../../../src/contract/tasks/index.ts';
import { assertImage, inputExt, outputExt, inputImagesOf } from '../../../../src/engines/sd-cpp/input-images.ts';
import { createProgressReader } from '../../../../src/engines/sd-cpp/cli/progress.ts';
import { isPinned } from '../../../../src/engines/sd-cpp/program/release.ts';
import { aTask } from '../../../fakes/builders.ts';

const INIT = 'https://studio.example/i.png';
const MASK = 'https://studio.example/m.png';
const REF = 'https://studio.example/r.png';

function usesOf(about: Readonly<Record<string, unknown>>): readonly string[] {
  return inputImagesOf(aTask({ kind: 'image', prompt: 'a fox', ...about }) as TaskOf<'image'>).map(({ use }) => use);
}

test('the extension of the result is one that sd-cli writes', () => {
  const asked = ['png', 'PNG', ' jpeg', 'jpg', 'bmp', 'webp', 'gif', ''];
  expect(asked.map(outputExt)).toEqual(['png', 'png', 'jpg', 'jpg', 'bmp', 'webp', 'webp', 'webp']);
});

test('a fetched image is named by its content and not by its URL', () => {
  const named = (text: string): string =>
    inputExt(
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
      INIT,
    );
  const starts = ['\xFF\xD8\xFF\xE0', 'RIFF\0\0\0\0WEBPVP8 ', 'GIF87a', 'GIF89a', 'BM..', 'II*\0', 'MM\0*'];
  expect(starts.map(named)).toEqual(['jpg', 'webp', 'gif', 'gif', 'bmp', 'tif', 'tif']);
  expect(named('RIFX\0\0\0\0WEBP')).toBe('png');
});

test('an image of unknown format is named by its URL, else WebP', () => {
  const urls = ['https://a.example/x.TIF?y=.png', 'https://a.example/x.exe', 'https://a.example/'];
  expect(urls.map((url) => inputExt(new Uint8Array(4), url))).toEqual(['tif', 'webp', 'webp']);
});

test.each([
  ['', 'the init image is not an image that sd-cli can read: it is empty'],
  ['\n<!doctype html><title>Sign in</title>', 'it is a web page or an SVG'],
  ['\uFEFF<svg xmlns="http://www.w3.org/2000/svg"/>', 'it is a web page or an SVG'],
])('what is surely no image is the task’s mistake: %p', (text, message) => {
  const refused = (): void => assertImage('init image', new TextEncoder().encode(text));
  expect(refused).toThrow(message);
  expect(refused).toThrow(expect.objectContaining({ code: 'task.invalid', retryable: false }));
});

test('only images that sd-cli would use are fetched', () => {
  expect(usesOf({ maskUrl: MASK })).toEqual([]);
  expect(usesOf({ initImageUrl: '', maskUrl: MASK })).toEqual([]);
  expect(usesOf({ initImageUrl: INIT, maskUrl: MASK })).toEqual(['init', 'mask']);
  expect(usesOf({ initImageUrl: INIT, refImageUrl: REF, maskUrl: MASK })).toEqual(['ref', 'mask']);
});

test('steps are read from sampling bars only, however the output is cut', () => {
  const output =
    '\r |=| 1/2 - 731.22MB/s\x1b[K\r |=| 2/2 - 1.1GB/s\x1b[K\n\r |=> | 1/3 - 3.49it/s\x1b[K\r |==>| 2/3 - 1.20s/it\x1b[K';
  for (const size of [1, 7, 1000]) {
    const steps: string[] = [];
    let moves = 0;
    const reader = createProgressReader({
      step: (done, total) => steps.push(`${done}/${total}`),
      moved: () => moves++,
    });
    for (let at = 0; at < output.length; at += size) reader.read(output.slice(at, at + size));
    expect(steps).toEqual(['1/3', '2/3']);
    expect(moves).toBe(4);
  }
});

test('a release is known by the commit it reports last', () => {
  const versions = [
    'version x, commit 2f88688',
    'commit 1111111\nCommit\ncommit 2F88688aa',
    'commit 2f8868',
    'commit 2d40a8b',
    '2f88688',
    '',
  ];
  expect(versions.map(isPinned)).toEqual([true, true, false, false, false, false]);
});
