import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { gpuId } from '../../../../src/base/gpu-device.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import { place, type PlaceableGpu, type PlacementQuestion } from '../../../../src/models/memory/placement.ts';
import { gpuAt, shareAt } from '../../../fakes/models/gpus.ts';

/** GPUs of 24 GB, of which so much is free. */
const gpus = (...freeGb: readonly number[]): readonly PlaceableGpu[] => freeGb.map((free, index) => gpu(index, free));

const gpu = (index: number, freeGb: number, about: Partial<PlaceableGpu> & { readonly totalGb?: number } = {}) => {
  const { totalGb = 24, ...rest } = about;
  const memory = { name: `RTX 4090 #${index}`, totalGb, freeGb };
  return { device: gpuAt(index), memory, learned: undefined, is: 'free', ...rest } as const;
};

/** Where a job of 8 GB goes that runs on `fox`: `on GPU-1`, `waits-for GPU-0`. */
function placed(about: Partial<PlacementQuestion>): string {
  const question = { model: toModelId('fox'), estimateGb: 8, marginGb: 1, gpus: gpus(24), loaded: [], ...about };
  const found = place(question);
  return found === undefined ? 'nowhere' : `${found.is} ${gpuId(found.device)}`;
}

const SOON = { is: 'soon' } as const;
const IN_USE = { is: 'in-use' } as const;

const TABLE: readonly (readonly [what: string, where: string, about: Partial<PlacementQuestion>])[] = [
  ['no GPU at all', 'nowhere', { gpus: [] }],
  ['the emptiest of four', 'on GPU-2', { gpus: gpus(20, 10, 23, 22) }],
  ['the first of four that are equal', 'on GPU-0', { gpus: gpus(23, 23, 23, 23) }],
  [
    'the one where the model is, however full',
    'on GPU-1',
    { gpus: gpus(24, 4, 24, 24), loaded: [shareAt(1, 'fox', 8)] },
  ],
  [
    'of two copies the newer',
    'on GPU-2',
    {
      gpus: gpus(16, 16, 16, 24),
      loaded: [shareAt(1, 'fox', 8), shareAt(2, 'fox', 8, { lastUsedElapsedMs: 9 })],
    },
  ],
  [
    'of two copies the free one',
    'on GPU-1',
    {
      gpus: [gpu(0, 16), gpu(1, 16), gpu(2, 16, IN_USE)],
      loaded: [shareAt(1, 'fox', 8), shareAt(2, 'fox', 8, { lastUsedElapsedMs: 9, inUse: true })],
    },
  ],
  [
    'a wait for the model that is free in a moment',
    'waits-for GPU-1',
    { gpus: [gpu(0, 24), gpu(1, 16, SOON)], loaded: [shareAt(1, 'fox', 8, { inUse: true })] },
  ],
  [
    'a second copy where another has memory to spare',
    'on GPU-0',
    { gpus: [gpu(0, 24), gpu(1, 16, IN_USE)], loaded: [shareAt(1, 'fox', 8, { inUse: true })] },
  ],
  [
    'a wait rather than a second copy for which others were unloaded',
    'waits-for GPU-1',
    {
      gpus: [gpu(0, 4), gpu(1, 16, IN_USE)],
      loaded: [shareAt(0, 'owl', 20), shareAt(1, 'fox', 8, { inUse: true })],
    },
  ],
  [
    'a wait rather than a copy that is as large as the first and does not fit',
    'waits-for GPU-1',
    {
      estimateGb: 0,
      gpus: [gpu(0, 10), gpu(1, 12, IN_USE)],
      loaded: [shareAt(1, 'fox', 12, { inUse: true })],
    },
  ],
  [
    'another GPU where the model is and a larger job does not fit',
    'on GPU-1',
    { estimateGb: 20, gpus: gpus(4, 24), loaded: [shareAt(0, 'fox', 8), shareAt(0, 'elk', 12, { inUse: true })] },
  ],
  [
    'the emptier one beside a model of ours that no report shows yet',
    'on GPU-1',
    { gpus: gpus(24, 22), loaded: [shareAt(0, 'owl', 8)] },
  ],
  ['one that is free now, though another would be emptier', 'on GPU-1', { gpus: [gpu(0, 24, IN_USE), gpu(1, 12)] }],
  [
    'one that fits as it is before one where others are unloaded',
    'on GPU-1',
    { gpus: gpus(8, 10), loaded: [shareAt(0, 'owl', 16)] },
  ],
  [
    'the one where idle models give way, since none fits as it is',
    'on GPU-0',
    { gpus: gpus(2, 2), loaded: [shareAt(0, 'owl', 22), shareAt(1, 'elk', 22, { inUse: true })] },
  ],
  [
    'a wait for the only one that is large enough',
    'waits-for GPU-1',
    { estimateGb: 20, gpus: [gpu(0, 8, { totalGb: 8 }), gpu(1, 23, IN_USE)] },
  ],
  [
    'a wait where the job in use makes memory free once it is done',
    'waits-for GPU-1',
    {
      estimateGb: 20,
      gpus: [gpu(0, 8, { totalGb: 8 }), gpu(1, 2, IN_USE)],
      loaded: [shareAt(1, 'owl', 22, { inUse: true })],
    },
  ],
  ['the emptiest where it fits on none', 'on GPU-1', { estimateGb: 40, gpus: gpus(4, 24) }],
  [
    'a large one for a job of unknown need',
    'on GPU-1',
    { estimateGb: 0, gpus: [gpu(0, 8, { totalGb: 8 }), gpu(1, 6)] },
  ],
  [
    'a wait for a large one rather than a job of unknown need on a small one',
    'waits-for GPU-1',
    { estimateGb: 0, gpus: [gpu(0, 8, { totalGb: 8 }), gpu(1, 24, IN_USE)] },
  ],
  [
    'the one whose like took less before',
    'on GPU-0',
    {
      estimateGb: 30,
      gpus: [gpu(0, 12, { learned: { peakGb: 9, runs: 5 } }), gpu(1, 24, { learned: { peakGb: 30, runs: 5 } })],
    },
  ],
];

test.each(TABLE)('a job goes to: %s', (_what, where, about) => {
  expect(placed(about)).toBe(where);
});

test('the verdict names the GPU and counts what is on that one alone', () => {
  const loaded = [shareAt(0, 'owl', 20), shareAt(1, 'elk', 20)];
  const question = { model: toModelId('fox'), estimateGb: 8, marginGb: 1, gpus: gpus(4, 3), loaded };
  expect(place(question)?.verdict).toMatchObject({
    is: 'fits-after-unloading',
    unload: [toModelId('owl')],
    gpu: 'RTX 4090 #0',
  });
});

test('a job waits for no GPU that is free', () => {
  const anyGpu = fc.record({
    freeGb: fc.integer({ min: 0, max: 24 }),
    is: fc.constantFrom('free' as const, 'soon' as const, 'in-use' as const),
    models: fc.array(fc.record({ name: fc.constantFrom('fox', 'owl', 'elk'), gb: fc.integer({ min: 1, max: 12 }) }), {
      maxLength: 2,
    }),
  });
  fc.assert(
    fc.property(
      fc.array(anyGpu, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 40 }),
      (machine, estimateGb) => {
        const found = place({
          model: toModelId('fox'),
          estimateGb,
          marginGb: 1,
          gpus: machine.map(({ freeGb, is }, index) => gpu(index, freeGb, { is })),
          loaded: machine.flatMap(({ models, is }, index) =>
            models.map(({ name, gb }) => shareAt(index, name, gb, { inUse: is !== 'free' })),
          ),
        });
        const chosen = machine[found?.device.index ?? -1]?.is;
        const anyFree = machine.some(({ is }) => is === 'free');
        if (found?.is === 'waits-for') expect(chosen).not.toBe('free');
        else if (anyFree) expect(chosen).toBe('free');
      },
    ),
  );
});
