import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { condense, type SpeechSpan } from '../../../../src/engines/whisper/speech.ts';

const RATE = 100;
const SECONDS = 60;
/** A recording whose samples say when they are. */
const clock = Float32Array.from({ length: SECONDS * RATE }, (_, at) => at + 1);
const spans = fc.array(
  fc
    .tuple(fc.double({ min: 0, max: SECONDS, noNaN: true }), fc.double({ min: 0, max: 8, noNaN: true }))
    .map(([start, length]): SpeechSpan => ({ start, end: Math.min(SECONDS, start + length) })),
  { maxLength: 8 },
);

test('speech is kept with a margin, and pauses become short', () => {
  const { samples } = condense(
    clock,
    [
      { start: 1, end: 2 },
      { start: 10, end: 11 },
    ],
    RATE,
  );
  // 1.2 s, a pause of 0.1 s, 1.2 s.
  expect(samples.length).toBe(250);
  expect([samples[0], samples[119], samples[120], samples[130]]).toEqual([91, 210, 0, 991]);
});

test('parts that touch each other become one, in whatever order they come', () => {
  const one = condense(clock, [{ start: 1, end: 5 }], RATE).samples;
  expect(
    condense(
      clock,
      [
        { start: 3, end: 5 },
        { start: 1, end: 3.1 },
      ],
      RATE,
    ).samples,
  ).toEqual(one);
});

test('where nobody speaks nothing is left', () => {
  expect(condense(clock, [], RATE).samples.length).toBe(0);
});

test('every kept sample knows when it was', () => {
  fc.assert(
    fc.property(spans, (speech) => {
      const { samples, when } = condense(clock, speech, RATE);
      for (const [at, sample] of samples.entries()) {
        if (sample === 0) continue; // a pause
        const { start } = when({ start: at / RATE, end: at / RATE });
        expect(start * RATE).toBeCloseTo(sample - 1, 3);
      }
    }),
    { numRuns: 40 },
  );
});

test('times stay in order and within the recording, whatever the model says', () => {
  const any = fc.double({ min: 0, max: 2 * SECONDS, noNaN: true });
  fc.assert(
    fc.property(spans, fc.array(any, { minLength: 2, maxLength: 10 }), (speech, moments) => {
      const { when } = condense(clock, speech, RATE);
      let last = 0;
      for (const moment of moments.toSorted((a, b) => a - b)) {
        const { start, end } = when({ start: moment, end: moment + 1 });
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(SECONDS);
        last = start;
      }
    }),
    { numRuns: 60 },
  );
});
