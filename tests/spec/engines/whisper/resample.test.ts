import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { resample } from '../../../../src/engines/whisper/resample.ts';
import { tone } from '../../../fakes/engines/whisper-engine.ts';

const TO = 16_000;
/** What is heard away from both ends, where the silence around the sound is mixed in. */
const middle = (samples: Float32Array): Float32Array => samples.subarray(TO / 20, samples.length - TO / 20);
const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
const rates = fc.constantFrom(8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000);

test('the same rate is the same audio', () => {
  const samples = tone(0.1);
  expect(resample(samples, TO, TO)).toBe(samples);
});

test('audio lasts as long as before, to within one sample', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 200_000 }), fc.nat(500), (rate, length) => {
      const resampled = resample(new Float32Array(length), rate, TO);
      expect(Math.abs(resampled.length - (length * TO) / rate)).toBeLessThan(1);
    }),
    { numRuns: 30 },
  );
});

test('a tone that both rates can hold stays where and as it was', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 100, max: 3_400 }), (rate, hertz) => {
      const resampled = middle(resample(tone(0.3, { rate, hertz }), rate, TO));
      const expected = middle(tone(0.3, { rate: TO, hertz }));
      const error = resampled.map((sample, at) => sample - (expected[at] ?? 0));
      expect(rms(error)).toBeLessThan(0.001);
    }),
    { numRuns: 30 },
  );
});

test.each([
  [44_100, 9_000],
  [48_000, 12_000],
  [96_000, 15_900],
  [22_050, 8_800],
])('resampling %d samples/s removes a tone of %d Hz instead of aliasing it', (rate, hertz) => {
  expect(rms(middle(resample(tone(0.3, { rate, hertz }), rate, TO)))).toBeLessThan(0.0005);
});

test('a steady level stays what it is', () => {
  fc.assert(
    fc.property(rates, fc.double({ min: -1, max: 1, noNaN: true }), (rate, level) => {
      const resampled = middle(resample(new Float32Array(rate * 0.3).fill(level), rate, TO));
      for (const sample of resampled) expect(sample).toBeCloseTo(level, 4);
    }),
    { numRuns: 10 },
  );
});
