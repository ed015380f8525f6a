import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { gpuId } from '../../../../src/base/gpu-device.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import type { LoadedShare } from '../../../../src/models/memory/fit.ts';
import type { PeakKey } from '../../../../src/models/memory/peaks.ts';
import type { MemoryReport } from '../../../../src/system/machine/gpus.ts';
import { createMemoryAdmission } from '../../../../src/worker/rules/memory-admission.ts';
import { aJob, anOffer, aTask } from '../../../fakes/builders.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';
import { gpuAt, shareAt } from '../../../fakes/models/gpus.ts';
import { aGpu } from '../../../fakes/system/a-gpu.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

const DEVICES = [gpuAt(0), gpuAt(1)] as const;

/** Admission before two GPUs of 24 GB, of which so much is taken. */
function setup(...usedGb: readonly [number, number]) {
  const clock = new FakeClock();
  const engine = new ScriptedEngine();
  engine.memory = 'gpu';
  const machine = { usedGb: [...usedGb] };
  const report = (): MemoryReport => ({
    gpus: DEVICES.map((device, at) => aGpu(machine.usedGb[at] ?? 0, device)),
    ram: { totalBytes: 1, freeBytes: 1 },
    reasons: [],
  });
  const watch = { latest: report(), refresh: () => Promise.resolve((watch.latest = report())) };
  const learned: (readonly [key: PeakKey, gb: number])[] = [];
  const loaded: LoadedShare[] = [];
  const admission = createMemoryAdmission({
    engines: [engine],
    watch,
    peaks: {
      find: () => undefined,
      learn: (key, gb) => void learned.push([key, gb]),
      learnShortage: (key, gb) => void learned.push([key, gb]),
    },
    loaded: (kind) => (kind === 'gpu' ? loaded : []),
    ceilingGb: () => 32,
    devices: () => DEVICES,
    clock,
  });
  /** Another second of the running jobs, in which so much is in use. */
  const uses = async (...gb: readonly [number, number]): Promise<void> => {
    machine.usedGb = [...gb];
    await clock.advanceAsync(1_000);
  };
  return { admission, learned, loaded, machine, watch, uses };
}

const image = () => aJob({ task: aTask({ kind: 'image', prompt: 'a fox' }) });

test('an offer fits where any one GPU has the memory', () => {
  const { admission } = setup(20, 10);
  expect(admission.verdict(anOffer({ vramGbEstimate: 12 }))).toMatchObject({ is: 'fits', gpu: 'RTX 4090 #1' });
  expect(admission.verdict(anOffer({ vramGbEstimate: 15 }))).toMatchObject({ is: 'does-not-fit', freeGb: 14 });
});

test('a job is placed by what is loaded and which GPU is free', () => {
  const { admission, loaded } = setup(8, 8);
  const offer = anOffer({ model: toModelId('fox'), vramGbEstimate: 8 });
  loaded.push(shareAt(1, 'fox', 8));
  const to = (busy?: number) => {
    const placement = admission.placement(offer, ({ index }) => (index === busy ? 'in-use' : 'free'));
    return placement && `${placement.is} ${gpuId(placement.device)}`;
  };
  expect([to(), to(1)]).toEqual(['on GPU-1', 'on GPU-0']);
});

test('a job on each GPU learns what it took of its own', async () => {
  const { admission, learned, uses } = setup(2, 4);
  const works = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const jobs = works.map(({ promise }, at) => admission.watched(image(), () => promise, DEVICES[at]));
  for (let look = 0; look < 3; look++) await uses(8, 16);
  for (const { resolve } of works) resolve('done');
  await Promise.all(jobs);
  await settle();
  expect(learned.map(([{ gpu }, gb]) => [gpu, gb])).toEqual([
    ['RTX 4090', 6],
    ['RTX 4090', 12],
  ]);
});

test('memory that a job takes on one GPU changes nothing on another', async () => {
  const { admission, uses, watch, machine } = setup(2, 12);
  const work = Promise.withResolvers<string>();
  const job = admission.watched(image(), () => work.promise, DEVICES[0]);
  await uses(20, 12);
  expect(admission.verdict(anOffer({ vramGbEstimate: 20 }))).toMatchObject({ is: 'fits', gpu: 'RTX 4090 #0' });
  machine.usedGb = [20, 1];
  await watch.refresh();
  expect(admission.verdict(anOffer({ vramGbEstimate: 20 }))).toMatchObject({ freeGb: 23, gpu: 'RTX 4090 #1' });
  work.resolve('done');
  await job;
});

test('a shortage is learned of the GPU that was short, and named', () => {
  const { admission, learned } = setup(20, 2);
  const error = new WorkerError('engine.out-of-memory', 'cudaMalloc failed');
  expect(admission.ranOut(image(), error, DEVICES[0])).toMatchObject({ gpu: 'RTX 4090 #0', freeGb: 4 });
  expect(learned).toMatchObject([[{ gpu: 'RTX 4090' }, 4]]);
});
