import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import { fitsMemory, type LoadedShare, type MemoryQuestion } from '../../../../src/models/memory/fit.ts';

const gpu = (totalGb: number, freeGb?: number, name = 'RTX 4090') => ({ name, totalGb, freeGb });
const loaded = (model: string, gb: number, about: Partial<LoadedShare> = {}): LoadedShare => ({
  model: toModelId(model),
  gb,
  inUse: false,
  lastUsedElapsedMs: 0,
  ...about,
});
const ask = (about: Partial<MemoryQuestion>) =>
  fitsMemory({ estimateGb: 8, learned: undefined, gpus: [gpu(24, 20)], loaded: [], marginGb: 1, ...about });

test('a job that leaves the margin free fits, to the last byte', () => {
  expect(ask({ estimateGb: 19 })).toEqual({
    is: 'fits',
    needGb: 19,
    needFrom: 'estimate',
    freeGb: 20,
    totalGb: 24,
    marginGb: 1,
    gpu: 'RTX 4090',
  });
  expect(ask({ estimateGb: 19.01 })).toMatchObject({ is: 'does-not-fit', needGb: 19.01, freeGb: 20, totalGb: 24 });
});

test('the peaks of five runs count for more than the estimate, both ways', () => {
  const seen = (peakGb: number, runs: number) => ({ learned: { peakGb, runs } });
  expect(ask({ estimateGb: 30, ...seen(7, 5) })).toMatchObject({ is: 'fits', needGb: 7, needFrom: 'learned' });
  expect(ask({ estimateGb: 2, ...seen(22, 5) })).toMatchObject({ is: 'does-not-fit', needGb: 22 });
  expect(ask({ estimateGb: 30, ...seen(7, 4) })).toMatchObject({ is: 'does-not-fit', needFrom: 'estimate' });
});

test('free memory that did not suffice once outweighs any lower estimate or peak', () => {
  const short = (moreThanGb: number, runs = 0) => ({ learned: { peakGb: 3, runs, moreThanGb } });
  expect(ask({ estimateGb: 2, ...short(22) })).toMatchObject({ is: 'does-not-fit', needGb: 22, needFrom: 'learned' });
  expect(ask({ estimateGb: 2, ...short(22, 9) })).toMatchObject({ is: 'does-not-fit', needGb: 22 });
  expect(ask({ estimateGb: 9, ...short(5) })).toMatchObject({ is: 'fits', needGb: 9, needFrom: 'estimate' });
});

test('idle models are evicted least recently used first, and no more than needed', () => {
  const models = [
    loaded('late', 6, { lastUsedElapsedMs: 9 }),
    loaded('early', 4, { lastUsedElapsedMs: 1 }),
    loaded('busy', 9, { inUse: true }),
  ];
  expect(ask({ gpus: [gpu(24, 5)], loaded: models })).toMatchObject({ is: 'fits-after-unloading', unload: ['early'] });
  expect(ask({ gpus: [gpu(24, 1)], loaded: models })).toMatchObject({ unload: ['early', 'late'] });
  expect(ask({ estimateGb: 12, gpus: [gpu(24, 1)], loaded: models })).toMatchObject({ is: 'does-not-fit' });
});

test('no more comes back from a GPU than is taken on it', () => {
  expect(ask({ estimateGb: 30, gpus: [gpu(24, 20)], loaded: [loaded('overestimated', 99)] }).is).toBe('does-not-fit');
});

test('of several GPUs the one with the most free memory counts', () => {
  expect(ask({ gpus: [gpu(24, 2), gpu(12, 11, 'RTX 3060')] })).toMatchObject({ is: 'fits', gpu: 'RTX 3060' });
  expect(ask({ gpus: [gpu(24, 6), gpu(12, 6)] }).is).toBe('does-not-fit');
});

test('a GPU that reports only its size has what models leave of it', () => {
  expect(ask({ gpus: [gpu(16)], loaded: [loaded('a', 5, { inUse: true })] })).toMatchObject({ is: 'fits', freeGb: 11 });
  expect(ask({ gpus: [gpu(16)], loaded: [loaded('a', 9, { inUse: true })] }).is).toBe('does-not-fit');
});

test('without a size or a need there is nothing to decide by', () => {
  expect(ask({ gpus: [] })).toEqual({ is: 'unknown', because: 'no GPU reports its memory' });
  expect(ask({ gpus: [gpu(0)] }).is).toBe('unknown');
  expect(ask({ estimateGb: 0 }).is).toBe('unknown');
  expect(ask({ estimateGb: Number.NaN }).is).toBe('unknown');
});

test('a smaller need never fits worse, and unloading only ever names idle models', () => {
  const gb = fc.double({ min: 0.01, max: 100, noNaN: true });
  const anyLoaded = fc.array(fc.tuple(gb, fc.boolean(), fc.nat(9)), { maxLength: 6 });
  const rank = { fits: 0, 'fits-after-unloading': 1, 'does-not-fit': 2, unknown: 3 };
  fc.assert(
    fc.property(gb, gb, gb, gb, anyLoaded, (needGb, more, freeGb, takenGb, shares) => {
      const models = shares.map(([size, inUse, lastUsedElapsedMs], n) =>
        loaded(`m${n}`, size, { inUse, lastUsedElapsedMs }),
      );
      const about = { gpus: [gpu(freeGb + takenGb, freeGb)], loaded: models };
      const small = ask({ ...about, estimateGb: needGb });
      const large = ask({ ...about, estimateGb: needGb + more });
      const named = small.is === 'fits-after-unloading' ? small.unload : [];
      const idle = new Set(models.filter(({ inUse }) => !inUse).map(({ model }) => model));
      return rank[small.is] <= rank[large.is] && named.every((model) => idle.has(model));
    }),
  );
});
