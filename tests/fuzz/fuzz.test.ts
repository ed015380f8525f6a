import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { WorkerError } from '../../src/base/errors.ts';
import { inputAt } from './mutate.ts';
import { fuzzTarget } from './run-target.ts';
import { faultOf, type Target } from './target.ts';
import { TARGETS } from './targets.ts';

/** Thirty seconds for all of them together. */
const FOR_MS = 30_000 / TARGETS.length;
const SEED = 20_260_525;
const LIMIT_MS = 60_000;
/** Inputs that were once not taken as they should, by target; each file's name says what they are. */
const REGRESSIONS = 'tests/fuzz/regressions';

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (name, target) => {
  test(
    'any input ends in a result or a refusal, quickly and in little memory',
    async () => {
      const { tried, found } = await fuzzTarget(target, { seed: SEED, forMs: FOR_MS });
      expect(found && `${found.because}\ninput: ${Buffer.from(found.bytes).toString('base64')}`).toBeUndefined();
      expect(tried).toBeGreaterThan(1);
    },
    LIMIT_MS,
  );

  const folder = `${REGRESSIONS}/${name}`;
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    test(`an input that was once not taken as it should is now: ${file}`, async () => {
      expect(await faultOf(target, readFileSync(`${folder}/${file}`))).toBeUndefined();
    });
  }
});

const reader = (run: Target['run'], about: Partial<Target> = {}): Target => ({
  name: 'reader',
  corpus: () => ({ samples: [Buffer.from('{"a":12}')], words: ['"b"'] }),
  run,
  ...about,
});

test('a fuzz run reports foreign errors and codes that do not fit', async () => {
  const throwing = (thrown: unknown) => () => {
    throw thrown;
  };
  const refusal = throwing(new WorkerError('task.invalid', 'no'));
  expect(await faultOf(reader(refusal, { codes: ['task.invalid'] }), new Uint8Array())).toBeUndefined();
  expect((await faultOf(reader(refusal), new Uint8Array()))?.because).toStartWith('task.invalid');
  expect((await faultOf(reader(throwing(new TypeError('x'))), new Uint8Array()))?.because).toContain('TypeError');
});

test(
  'an input that takes too long, or too much memory, is found',
  async () => {
    const slow = (): void => {
      for (const until = performance.now() + 1_100; performance.now() < until;);
    };
    expect((await faultOf(reader(slow), new Uint8Array()))?.because).toMatch(/^took \d+ ms$/);
    const held: Uint8Array[] = [];
    const hungry = (): void => void held.push(new Uint8Array(300 * 2 ** 20).fill(1));
    expect((await faultOf(reader(hungry), new Uint8Array()))?.because).toMatch(/^took \d+ MiB of memory$/);
  },
  LIMIT_MS,
);

test('the same seed gives the same inputs, samples first, and another seed others', async () => {
  const corpus = await reader(() => {}).corpus();
  const inputs = (seed: number): readonly string[] =>
    Array.from({ length: 200 }, (_, index) => Buffer.from(inputAt(corpus, seed, index)).toString('latin1'));
  expect(inputs(1)).toEqual(inputs(1));
  expect(inputs(1)[0]).toBe('{"a":12}');
  expect(inputs(2)).not.toEqual(inputs(1));
  expect(new Set(inputs(1)).size).toBeGreaterThan(150);
});

test('what is found is reported with the input that did it', async () => {
  const picky = reader((bytes) => {
    if (bytes.includes(0xff)) throw new Error('a byte of ones');
  });
  const { found } = await fuzzTarget(picky, { seed: 3, forMs: 20_000 });
  expect(found?.because).toContain('a byte of ones');
  expect(found?.bytes.includes(0xff)).toBe(true);
});
