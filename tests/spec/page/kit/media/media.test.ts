import { expect, test } from 'bun:test';
import { playTime } from '../../../../../src/page/format.ts';
import { peaksOf } from '../../../../../src/page/kit/media/peaks.ts';
import { seekTo } from '../../../../../src/page/kit/media/seek.ts';
import { textOfResult } from '../../../../../src/page/kit/media/text-of-result.ts';

test('a wave shows the loudest of each part, a quiet recording in full', () => {
  const samples = new Float32Array([0, 0.1, -0.25, 0.05]);
  expect(peaksOf(samples, 4).map((peak) => Math.round(peak * 10) / 10)).toEqual([0, 0.4, 1, 0.2]);
  expect(peaksOf(new Float32Array(8), 2)).toEqual([0, 0]);
  expect(peaksOf(new Float32Array(), 3)).toEqual([0, 0, 0]);
});

test.each([
  ['ArrowRight', 11],
  ['ArrowLeft', 9],
  ['PageUp', 12],
  ['Home', 0],
  ['End', 20],
  ['a', undefined],
])('the key %s takes a player from second 10 of 20 to %p', (key, to) => expect(seekTo(key, 10, 20)).toBe(to));

test('a player does not leave its recording', () => {
  expect(seekTo('ArrowRight', 19.5, 20)).toBe(20);
  expect(seekTo('ArrowLeft', 0.5, 20)).toBe(0);
});

test('times of a player read as those of other players do', () => {
  expect([0, 5.9, 760, 3723, Number.NaN].map(playTime)).toEqual(['0:00', '0:05', '12:40', '1:02:03', '0:00']);
});

test('of a chat or a transcript its text is shown, else what is there', () => {
  expect(textOfResult('{"text":"hello","language":"en","duration":1}')).toBe('hello');
  expect(textOfResult('{"odd":12345678901234567890}')).toBe('{\n  "odd": "12345678901234567890"\n}');
  expect(textOfResult('no JSON')).toBe('no JSON');
});
