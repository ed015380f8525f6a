import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readWebm } from '../../../../src/jobs/results/webm.ts';
import { aWebm } from './result-files.ts';

const GOOD = { width: 64, height: 48, frames: 4, seconds: 1 };

test('a WebM says its size, length and number of frames', () => {
  const asked = fc.record({
    width: fc.integer({ min: 1, max: 0xffff }),
    height: fc.integer({ min: 1, max: 0xffff }),
    frames: fc.nat({ max: 12 }),
    seconds: fc.integer({ min: 0, max: 4_000 }),
  });
  fc.assert(fc.property(asked, (about) => expect(readWebm(aWebm(about))).toEqual(about)));
});

test('bytes that were changed anywhere never break the reader', () => {
  const whole = aWebm(GOOD);
  const change = fc.record({ at: fc.nat({ max: whole.byteLength - 1 }), byte: fc.nat({ max: 255 }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = whole.slice();
      for (const { at, byte } of changes) bytes[at] = byte;
      const facts = readWebm(bytes);
      if (facts === undefined || facts === 'unsized') return;
      expect(facts.frames).toBeWithin(0, GOOD.frames + 2);
      expect(facts.width).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});

test('any bytes at all never break the reader', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readWebm(bytes)));
});
