import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { GIB } from '../../../../src/base/units.ts';
import { paddingFor } from '../../../../src/engines/llama/padding.ts';
import { MARGIN_GB } from '../../../../src/models/memory/gpu-memory.ts';
import { budgetFor, createDecoder, splitReasoning, scanForStopStrings } from '../../../../src/engines/llama/reply.ts';
import { threadsFor } from '../../../../src/engines/llama/threads.ts';

test.each([
  [100, 50, 2048, 50],
  [2000, 100, 2048, 48],
  [2048, 10, 2048, undefined],
  [10, 0, 2048, 1],
])('a prompt of %p tokens, limit %p, context %p leaves a budget of %p', (prompt, most, context, room) => {
  expect(budgetFor(prompt, most, context)).toBe(room);
});

test.each([
  ['<think>\nhmm\n</think>\n\n{"a":1}', '{"a":1}', 'hmm'],
  ['  plain  ', 'plain', undefined],
  ['still thinking</think>', '', 'still thinking'],
])('%j is parted into what was thought and what is said', (text, content, reasoning) => {
  expect(splitReasoning(text)).toEqual({ content, reasoning });
});

const anyPieces = fc.array(fc.string({ unit: fc.constantFrom('#', 'E', 'N', 'D', ' '), maxLength: 4 }));

test('a reply ends before its first stop string, however it is cut into pieces', () => {
  const stops = ['###', 'END', 'NE'];
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      const watch = scanForStopStrings(['', ...stops], false);
      const stopped = pieces.some((piece) => watch.push(piece));
      const whole = pieces.join('');
      // Of two that begin in the same piece the first counts, and one that ended in an earlier piece before all others.
      expect(stopped).toBe(stops.some((stop) => whole.includes(stop)));
      expect(whole.startsWith(watch.text())).toBe(true);
      expect(stops.some((stop) => watch.text().includes(stop))).toBe(false);
      if (!stopped) expect(watch.text()).toBe(whole);
    }),
  );
});

test.each([
  ['<think>I see END, then</think>Four. END more', ['END'], false, '<think>I see END, then</think>Four. '],
  ['I see END, then</think>Four. END more', ['END'], true, 'I see END, then</think>Four. '],
  [' \n<think>one\n\ntwo</think>Four.\n\nmore', ['\n\n'], false, ' \n<think>one\n\ntwo</think>Four.'],
  ['\n\nFour.', ['\n\n'], false, ''],
  ['\n\n', ['\n\n'], false, ''],
  ['<th', ['<'], false, ''],
  ['<think>never END closed', ['END'], false, '<think>never END closed'],
])('of %j with the stops %j only the answer is cut', (reply, stops, opensReasoning, kept) => {
  for (const size of [1, 3, reply.length]) {
    const watch = scanForStopStrings(stops, opensReasoning);
    let settled = '';
    for (let at = 0; at < reply.length && !watch.push(reply.slice(at, at + size)); at += size) {
      settled += watch.settled(false);
    }
    settled += watch.settled(true);
    expect([watch.text(), settled]).toEqual([kept, kept]);
  }
});

/** Tokens of a byte each, as a model without larger ones has them. */
const textOfBytes = (tokens: readonly number[], before: readonly number[]): string => {
  const decode = (bytes: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(bytes));
  return decode([...before, ...tokens]).slice(decode(before).length);
};

test('a text that comes byte by byte is decoded as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
      const decoder = createDecoder(textOfBytes);
      const pieces = Array.from(new TextEncoder().encode(text), (byte) => decoder.push(byte));
      expect(pieces.join('') + decoder.rest()).toBe(text);
    }),
  );
});

test('bytes that never become a character read as a sign for each', () => {
  const decoder = createDecoder(textOfBytes);
  const said = (bytes: readonly number[]): string => bytes.map((byte) => decoder.push(byte)).join('');
  expect(said([0x61, 0xe2, 0x82])).toBe('a'); // the first two bytes of three
  expect(decoder.rest()).toBe(''); // cut by the reply's limit, which is no fault of the model
  expect(said([0xff, 0xff, 0xff, 0xff, 0x62])).toBe('\uFFFD\uFFFD\uFFFD\uFFFDb');
});

test('a character that begins among bytes that are none is still whole', () => {
  const decoder = createDecoder(textOfBytes);
  const bytes = [0xff, 0xff, 0xff, ...new TextEncoder().encode('€!')];
  expect(bytes.map((byte) => decoder.push(byte)).join('') + decoder.rest()).toBe('\uFFFD\uFFFD\uFFFD€!');
});

test('bytes in pieces decode like the whole, save half a last character', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      const decoder = createDecoder(textOfBytes);
      const pieces = Array.from(bytes, (byte) => decoder.push(byte));
      const whole = new TextDecoder().decode(bytes).replace(/\uFFFD$/, '');
      expect(pieces.join('') + decoder.rest()).toBe(whole);
    }),
  );
});

test.each([
  [2, 2, 1],
  [1, 2, 1],
  [8, 16, 7],
  [64, 4, 3],
  [0, 0, 1],
])('of %p cores and %p usable threads it takes %p', (cores, usable, threads) => {
  expect(threadsFor(cores, usable)).toBe(threads);
});

test.each([4, 8, 12, 24, 80])('a model that fills a %d GB GPU leaves more than the margin free', (gb) => {
  const leftGb = paddingFor(gb * GIB) / GIB;
  expect(leftGb).toBeGreaterThan(MARGIN_GB);
  expect(leftGb).toBeLessThan(2);
});
