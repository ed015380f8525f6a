import { expect, test } from 'bun:test';
import { fitsHostMemory, type HostMemory, hostNeedGb } from '../../../../src/worker/rules/main-memory.ts';
import { createMemoryAdmission } from '../../../../src/worker/rules/memory-admission.ts';
import { unfitRejection } from '../../../../src/worker/rules/memory-verdict.ts';
import type { ModelFile } from '../../../../src/contract/model-source.ts';
import { anOffer, synthetic } from '../../../fakes/builders.ts';
import { share } from '../../../fakes/models/memory-scene.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';

const GIB = 1024 ** 3;

const aFile = (approxBytes: bigint | undefined): ModelFile => ({
  role: 'model',
  url: 'https://models.example/m.gguf',
  filename: 'm.gguf',
  approxBytes,
  sha256: undefined,
});

/** What a worker on the CPU says of an offer with files of these sizes, on a machine with this much memory. */
function reasonFor(filesGb: readonly (number | undefined)[], memoryGb: number): string | undefined {
  const engine = new ScriptedEngine();
  engine.memory = 'none';
  const ram = { totalBytes: memoryGb * GIB, freeBytes: 0 };
  const admission = createMemoryAdmission({
    engines: [engine],
    watch: { latest: { gpus: [], ram, reasons: [] }, refresh: () => Promise.reject(new Error('nobody is asked')) },
    peaks: { find: () => undefined, learn: () => {}, learnShortage: () => {} },
    loaded: () => [],
    ceilingGb: () => 32,
    clock: new FakeClock(),
  });
  const files = filesGb.map((gb) => aFile(gb === undefined ? undefined : BigInt(gb * GIB)));
  return unfitRejection(admission.verdict(anOffer({ modelSource: { ...synthetic, files } })))?.reason;
}

test('weights larger than the memory of the machine are rejected with the numbers', () => {
  expect(reasonFor([20, 13], 32)).toBe(
    'insufficient host memory: needs 33.00 GiB, 32.00 GiB available (3.20 GiB kept in reserve)',
  );
});

test('memory other programs use now rejects no offer', () => {
  expect(reasonFor([20], 32)).toBeUndefined();
  expect(reasonFor([undefined], 32)).toBeUndefined();
  expect(reasonFor([20], 0)).toBeUndefined();
});

/** A model that keeps weights in the memory of the machine, or does not. */
const source = (offloadToCpu: boolean | null, mmap: boolean | null, sizes: readonly (number | null)[]) => ({
  files: sizes.map((size) => aFile(size === null ? undefined : BigInt(size))),
  cliDefaults: { ...synthetic.cliDefaults, offloadToCpu: offloadToCpu ?? undefined, mmap: mmap ?? undefined },
});

test.each([
  [true, null, [9_932_896_800, 4_683_072_384, 253_806_246], 13.85],
  [true, null, [1_073_741_824, null], 1.0],
  [true, true, [1], null],
  [null, null, [1], null],
  [false, null, [1], null],
] as const)('a model with offload %p, mmap %p and files %p needs %p GiB', (offload, mmap, sizes, need) => {
  const needed = hostNeedGb(source(offload, mmap, sizes));
  expect(needed === undefined ? null : Math.round(needed * 100) / 100).toBe(need);
});

/** A machine with this much available, and these models in its memory. */
const machine = (availableGb: number | undefined, about: Partial<HostMemory> = {}): HostMemory => ({
  report: {
    gpus: [],
    ram: {
      totalBytes: 64 * GIB,
      freeBytes: 0,
      availableBytes: availableGb === undefined ? undefined : availableGb * GIB,
    },
    reasons: [],
  },
  loaded: [],
  ceilingGb: 32,
  ...about,
});
const offloading = source(true, null, [13.85 * GIB].map(Math.round));

test('an offloading model that leaves less than four gibibytes is rejected with the numbers', () => {
  expect(unfitRejection(fitsHostMemory(offloading, machine(17)))).toEqual({
    code: 'insufficient_memory',
    reason: 'insufficient host memory: needs 13.85 GiB, 17.00 GiB available (4.00 GiB kept in reserve)',
  });
  expect(fitsHostMemory(offloading, machine(17.9)).is).toBe('fits');
});

test('an offloading model evicts idle models from RAM, never used ones', () => {
  const held = machine(10, { loaded: [share('idle', 9)] });
  expect(fitsHostMemory(offloading, held)).toMatchObject({ is: 'fits-after-unloading', unload: ['idle'] });
  const used = machine(10, { loaded: [share('used', 9, true)] });
  expect(unfitRejection(fitsHostMemory(offloading, used))?.reason).toBe(
    'insufficient host memory: needs 13.85 GiB, 10.00 GiB available (4.00 GiB kept in reserve)',
  );
});

test('a model beyond its process limit is rejected despite free memory', () => {
  expect(fitsHostMemory(offloading, machine(60, { ceilingGb: 18 })).is).toBe('fits');
  expect(unfitRejection(fitsHostMemory(offloading, machine(60, { ceilingGb: 17 })))?.reason).toBe(
    'insufficient host memory: needs 13.85 GiB, 17.00 GiB available (4.00 GiB kept in reserve)',
  );
});

test('memory of the machine that nobody measures takes an offloading model', () => {
  expect(fitsHostMemory(source(true, null, [64 * GIB]), machine(undefined)).is).toBe('unknown');
  expect(fitsHostMemory(source(true, null, [64 * GIB]), machine(0, { report: undefined })).is).toBe('unknown');
});
